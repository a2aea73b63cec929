// SPDX-License-Identifier: Apache-2.0

import Spooling

/// Which messages a queue command is about: ids, or all of them, narrowed by sender and recipient.
struct QueueSelection: Sendable, Equatable {
    var ids: [QueueID] = []
    /// `ALL`: every message, page by page.
    var isEverything = false
    var sender: String?
    var recipient: String?
    /// `after ID`: from the message after this one on.
    var after: QueueID?
    /// `limit N`: so many messages at most.
    var limit = Int.max
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
            case "sender", "recipient", "after", "limit":
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
        case "sender": sender = value == "<>" ? "" : value
        case "recipient": recipient = value
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

    /// Whether a message has the sender and the recipient that were asked for; case does not matter.
    func contains(_ envelope: Envelope) -> Bool {
        if let sender, sender.lowercased() != envelope.sender.lowercased() { return false }
        guard let recipient = recipient?.lowercased() else { return true }
        return envelope.recipients.contains { $0.address.lowercased() == recipient }
    }
}
