// SPDX-License-Identifier: Apache-2.0

package import Spooling

/// The queue by destination and age, as Postfix's qshape prints it: recipients that still wait.
package struct QueueCensus: Sendable, Equatable {
    /// One destination.
    package struct Line: Sendable, Equatable {
        /// The recipients' domain, lower case.
        package var destination: String
        /// Recipients by age; one more than there are bounds.
        package var counts: [Int]
        /// Recipients of all ages.
        package var total: Int
        /// The last reason a recipient was put off for; empty when there is none.
        package var reason = ""
    }

    /// Upper bounds of the ages, minutes: qshape's.
    package static let bounds = [5, 10, 20, 40, 80, 160, 320, 640, 1280]
    /// Messages that are looked at; of more, the oldest are.
    package static let messageLimit = 10_000
    private static let page = 500
    /// Destinations that are told apart while counting.
    private static let knownLimit = 2_000
    /// Destinations that are kept apart; the rest is one line.
    package static let lineLimit = 50

    /// The largest first.
    package private(set) var lines: [Line] = []
    /// Messages that were looked at, `messageLimit` at most.
    package private(set) var messages = 0
    /// Messages that an operator holds back, among those.
    package private(set) var held = 0
    /// Whether there were more messages than were looked at.
    package private(set) var isPartial = false

    package init() {}

    /// Counts the queue. Blocks, a page of messages at a time.
    ///
    /// - Parameters:
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - deadline: asked between pages whether there is time for more.
    package init(_ spool: any Spool, now: Int64, hasTime: () -> Bool) {
        var found: [String: Line] = [:]
        var last: QueueID?
        while let page = try? spool.list(after: last, limit: Self.page), let end = page.last?.id {
            last = end
            for envelope in page { count(envelope, now, in: &found) }
            messages += page.count
            guard page.count == Self.page else { break }
            guard messages < Self.messageLimit, hasTime() else {
                isPartial = true
                break
            }
        }
        lines = found.values.sorted { ($1.total, $0.destination) < ($0.total, $1.destination) }
        guard lines.count > Self.lineLimit else { return }
        let rest = lines[Self.lineLimit...]
        var others = Line(destination: "", counts: Self.bounds.map { _ in 0 } + [0], total: 0)
        for line in rest {
            others.total += line.total
            for index in line.counts.indices { others.counts[index] += line.counts[index] }
        }
        lines = Array(lines[..<Self.lineLimit])
        others.destination = "\(rest.count) others"
        lines.append(others)
    }

    private mutating func count(_ envelope: Envelope, _ now: Int64, in found: inout [String: Line]) {
        if envelope.held { held += 1 }
        let age = max(0, now.subtractingReportingOverflow(envelope.arrival).partialValue) / 60_000
        let bucket = Self.bounds.firstIndex { age < Int64($0) } ?? Self.bounds.count
        for recipient in envelope.recipients where recipient.state == .pending {
            let domain = recipient.address.utf8.lastIndex(of: UInt8(ascii: "@")).map { sign in
                String(recipient.address[recipient.address.utf8.index(after: sign)...]).lowercased()
            }
            var name = domain ?? "(local)"
            if found.count >= Self.knownLimit, found[name] == nil { name = "(more)" }
            var line = found[name] ?? Line(destination: name, counts: Self.bounds.map { _ in 0 } + [0], total: 0)
            line.counts[bucket] += 1
            line.total += 1
            if !recipient.reason.isEmpty { line.reason = recipient.reason }
            found[name] = line
        }
    }
}
