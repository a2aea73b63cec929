// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling

/// Which messages a queue command is about: ids, or all of them, narrowed by filters.
struct QueueSelection: Sendable, Equatable {
    /// Where a message is (Postfix: in which queue).
    enum State: String, Sendable, CaseIterable {
        /// In memory for delivery.
        case active
        /// Waiting for its next attempt.
        case deferred
        /// Kept back by an operator.
        case hold
        /// Not tried yet.
        case incoming

        /// - Parameter isActive: whether delivery has it in memory.
        init(_ envelope: Envelope, isActive: Bool) {
            if envelope.held {
                self = .hold
            } else if isActive {
                self = .active
            } else {
                self = envelope.recipients.contains { $0.state == .pending && $0.attempts > 0 } ? .deferred : .incoming
            }
        }
    }

    /// What `queue summary` counts by.
    enum Grouping: String, Sendable, CaseIterable {
        case destination, sender, state
    }

    var ids: [QueueID] = []
    /// `ALL`: every message, page by page.
    var isEverything = false
    var sender: String?
    var recipient: String?
    /// A recipient's domain, or the next hop it goes to at present.
    var destination: String?
    /// `older`, `younger`: the age of messages, milliseconds.
    var older: Int64?
    var younger: Int64?
    var state: State?
    /// `after ID`: from the message after this one on.
    var after: QueueID?
    /// `limit N`: so many messages at most.
    var limit = Int.max
    var grouping = Grouping.destination
    var isJSON = false
    var isDryRun = false

    /// What is wrong with a word.
    struct WordError: Error, Equatable {
        var text: String
    }

    /// Reads the words after a queue command.
    init(_ words: [String]) throws(WordError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "ALL": isEverything = true
            case "json": isJSON = true
            case "dry-run": isDryRun = true
            case "sender", "recipient", "destination", "older", "younger", "state", "after", "limit", "by":
                guard let value = rest.popFirst() else { throw WordError(text: "'\(word)' expects a value.\n") }
                try take(value, as: word)
            default:
                guard let id = QueueID(word) else {
                    throw WordError(text: "'\(PlainText.printable(word))' is no queue id.\n")
                }
                ids.append(id)
            }
        }
    }

    private mutating func take(_ value: String, as word: String) throws(WordError) {
        switch word {
        case "sender": sender = value == "<>" ? "" : value.lowercased()
        case "recipient": recipient = value.lowercased()
        case "destination": destination = value.lowercased()
        case "older": older = try QueueSelection.age(value, word)
        case "younger": younger = try QueueSelection.age(value, word)
        case "state": state = try QueueSelection.choice(value, word)
        case "by": grouping = try QueueSelection.choice(value, word)
        case "after":
            guard let id = QueueID(value) else {
                throw WordError(text: "'\(PlainText.printable(value))' is no queue id.\n")
            }
            after = id
        default:
            guard let number = Int(value), number > 0 else {
                throw WordError(text: "'limit' expects a positive number.\n")
            }
            limit = number
        }
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ value: String,
        _ word: String
    ) throws(WordError) -> Choice where Choice.RawValue == String {
        if let choice = Choice(rawValue: value) { return choice }
        let list = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw WordError(text: "'\(word)' expects one of \(list).\n")
    }

    /// `90`, `90s`, `5m`, `2h`, `3d`, `1w` as milliseconds.
    private static func age(_ value: String, _ word: String) throws(WordError) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        let rest = value[digits.endIndex...]
        let unit = rest.isEmpty ? 1 : rest.count == 1 ? rest.first.flatMap { units[$0] } : nil
        // why nine digits: no product of them overflows.
        guard let unit, (1...9).contains(digits.count), let number = Int64(digits) else {
            throw WordError(text: "'\(word)' expects an age such as 90s, 5m, 2h or 3d.\n")
        }
        return number * unit * 1_000
    }

    // MARK: matching

    /// Whether anything but the ids narrows the selection.
    var hasFilter: Bool {
        sender != nil || recipient != nil || destination != nil || older != nil || younger != nil || state != nil
    }

    /// Whether a message is meant; the case of addresses does not matter.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - isActive: whether delivery has it in memory.
    ///   - hop: the next hop of a recipient, as it is written in the configuration.
    func contains(_ envelope: Envelope, now: Int64, isActive: Bool, hop: (String) -> String?) -> Bool {
        if let sender, sender != envelope.sender.lowercased() { return false }
        if let state, state != State(envelope, isActive: isActive) { return false }
        let age = now.subtractingReportingOverflow(envelope.arrival)
        if let older, age.overflow || age.partialValue < older { return false }
        if let younger, age.overflow || age.partialValue >= younger { return false }
        if let recipient, !envelope.recipients.contains(where: { $0.address.lowercased() == recipient }) {
            return false
        }
        guard let destination else { return true }
        return envelope.recipients.contains { one in
            one.state == .pending
                && (Router.domain(of: one.address) == destination || hop(one.address)?.lowercased() == destination)
        }
    }
}

extension QueueSelection {
    /// The messages of a page that are meant, and which of the page delivery has in memory.
    func choose(
        _ envelopes: [Envelope],
        _ operations: ControlOperations,
        now: Int64
    ) -> (chosen: [Envelope], active: Set<QueueID>) {
        let active = operations.courier?.active(among: envelopes.map(\.id)) ?? []
        let chosen = envelopes.filter { envelope in
            contains(envelope, now: now, isActive: active.contains(envelope.id)) { address in
                operations.courier?.route(of: address).label
            }
        }
        return (chosen, active)
    }
}
