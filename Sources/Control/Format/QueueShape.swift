// SPDX-License-Identifier: Apache-2.0

package import Spooling

/// Counts of queued mail by group and age, and how they are printed: in the shape of Postfix's qshape, or as JSON.
package struct QueueShape: Sendable {
    /// The upper ends of the age buckets in minutes, as qshape has them; one more bucket has no end.
    package static let minutes: [Int64] = [5, 10, 20, 40, 80, 160, 320, 640, 1_280]
    /// The group of what found no place of its own.
    package static let others = "(others)"

    private let grouping: String
    private var groups: [String: [Int]] = [:]
    private var total = [Int](repeating: 0, count: minutes.count + 1)
    private var messages = 0
    private var bytes = 0

    /// - Parameter grouping: the word for what is counted by.
    package init(by grouping: String) {
        self.grouping = grouping
    }

    /// Counts a message once for each of the names.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - groupLimit: groups at most.
    package mutating func add(_ envelope: Envelope, names: [String], now: Int64, groupLimit: Int) {
        messages += 1
        bytes = bytes.addingReportingOverflow(max(0, envelope.size)).partialValue
        let age = now.subtractingReportingOverflow(envelope.arrival)
        let bucket = QueueShape.bucket(age.overflow ? .max : age.partialValue)
        for name in names {
            let name = groups[name] != nil || groups.count < groupLimit ? name : QueueShape.others
            groups[name, default: [Int](repeating: 0, count: total.count)][bucket] += 1
            total[bucket] += 1
        }
    }

    private static func bucket(_ age: Int64) -> Int {
        minutes.firstIndex { age < $0 * 60_000 } ?? minutes.count
    }

    /// The groups, the largest first.
    private var sorted: [(name: String, counts: [Int], sum: Int)] {
        groups.map { ($0.key, $0.value, $0.value.reduce(0, +)) }
            .sorted { ($1.sum, $0.name) < ($0.sum, $1.name) }
    }

    /// `qshape`'s table: a column a bucket, a line a group.
    package var table: String {
        let width = 6
        let indent = min(max(groups.keys.map(\.count).max() ?? 0, 20), 60)
        func line(_ name: String, _ columns: [String]) -> String {
            PlainText.pad(PlainText.line(name), to: indent, right: true)
                + columns.map { PlainText.pad($0, to: width, right: true) }.joined() + "\n"
        }
        let last = QueueShape.minutes.last ?? 0
        var text = line("", ["T"] + QueueShape.minutes.map(String.init) + ["\(last)+"])
        text += line("TOTAL", ([total.reduce(0, +)] + total).map(String.init))
        for group in sorted {
            text += line(group.name.isEmpty ? "(none)" : group.name, ([group.sum] + group.counts).map(String.init))
        }
        return text
    }

    /// A line with the totals, then one a group.
    package var json: String {
        func list(_ counts: [Int]) -> String { "[" + counts.map(String.init).joined(separator: ", ") + "]" }
        let buckets = QueueShape.minutes.map { Int(clamping: $0) }
        var text =
            "{\"by\": \"\(grouping)\", \"messages\": \(messages), \"bytes\": \(bytes), "
            + "\"count\": \(total.reduce(0, +)), \"minutes\": \(list(buckets)), \"ages\": \(list(total))}\n"
        for group in sorted {
            text += "{\"name\": \(JSONText.string(group.name)), \"count\": \(group.sum), "
            text += "\"ages\": \(list(group.counts))}\n"
        }
        return text
    }
}
