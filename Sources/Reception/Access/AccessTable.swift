// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// Owns the entries of one CIDR table (Postfix: cidr_table(5)): networks and what is said of them; the first that holds an
/// address counts.
///
/// Networks are found by prefix length, one hash lookup each, so that a lookup costs the same with ten entries or with
/// ten thousand.
package struct AccessTable: Sendable {
    /// What the right-hand sides may say.
    package enum Dialect: Sendable, Hashable {
        /// permit, reject, dunno (postscreen_access_list).
        case screening
        /// OK, REJECT, DUNNO and reply codes (access(5)).
        case restriction
    }

    /// Something wrong with a line.
    package struct Mistake: Sendable, Equatable {
        /// From 1.
        package var line: Int
        package var message: String
    }

    /// The networks of one length.
    private struct Level: Sendable {
        let length: Int
        /// The earliest entry of this length.
        let earliest: Int
        var entries: [IPAddress: Int]
    }

    /// What is wrong with the file; a table with mistakes is not fit for use.
    package private(set) var mistakes: [Mistake] = []
    private var verdicts: [AccessVerdict] = []
    // why: a network of one family never holds an address of the other, not even ::/0.
    private var version4: [Level] = []
    private var version6: [Level] = []

    /// Reads the bytes of a file.
    package init(_ bytes: [UInt8], dialect: Dialect) {
        var entries = AccessEntries(bytes)
        while let entry = entries.next() {
            guard mistakes.count < AccessLimits.mistakes else { return }
            do throws(AccessEntries.Wrong) {
                let (range, verdict) = try entry.read(dialect)
                guard verdicts.count < AccessLimits.entries else {
                    throw AccessEntries.Wrong("the table has more than \(AccessLimits.entries) entries")
                }
                add(range, verdict)
            } catch {
                mistakes.append(Mistake(line: entry.line, message: error.message))
                if verdicts.count >= AccessLimits.entries { return }
            }
        }
    }

    /// Entries of the table.
    package var count: Int { verdicts.count }

    /// What the first network that holds the address says; nil when none does.
    package func verdict(on address: IPAddress) -> AccessVerdict? {
        var first = Int.max
        for level in address.isIPv4 ? version4 : version6 where level.earliest < first {
            if let index = level.entries[address.masked(to: level.length)] { first = min(first, index) }
        }
        return first < verdicts.count ? verdicts[first] : nil
    }

    private mutating func add(_ range: AddressRange, _ verdict: AccessVerdict) {
        let index = verdicts.count
        verdicts.append(verdict)
        if range.network.isIPv4 {
            AccessTable.add(range, index, to: &version4)
        } else {
            AccessTable.add(range, index, to: &version6)
        }
    }

    private static func add(_ range: AddressRange, _ index: Int, to levels: inout [Level]) {
        if let position = levels.firstIndex(where: { $0.length == range.prefixLength }) {
            if levels[position].entries[range.network] == nil { levels[position].entries[range.network] = index }
        } else {
            levels.append(Level(length: range.prefixLength, earliest: index, entries: [range.network: index]))
        }
    }
}
