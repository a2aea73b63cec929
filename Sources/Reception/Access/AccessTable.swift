// SPDX-License-Identifier: Apache-2.0

package import Files
package import ProxyProtocol

/// Owns the entries of one CIDR table of `postscreen_access_list` (Postfix: cidr_table(5)): networks and what is said of
/// them; the first that holds an address counts.
package struct AccessTable: Sendable {
    /// What is wrong with the file; a table with mistakes is not fit for use.
    package private(set) var mistakes: [TableMistake] = []
    private var verdicts: [AccessVerdict] = []
    private var networks = NetworkIndex()

    /// Reads the bytes of a file.
    package init(_ bytes: [UInt8]) {
        mistakes = AccessEntries.read(bytes) { pattern, result, index throws(AccessEntries.Wrong) in
            let range = try AccessEntries.range(pattern)
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: pattern) }
            verdicts.append(try AccessEntries.verdict(result))
            networks.add(range, index)
        }
    }

    /// Entries of the table.
    package var count: Int { verdicts.count }

    /// What the first network that holds the address says; nil when none does.
    package func verdict(on address: IPAddress) -> AccessVerdict? {
        networks.first(holding: address).map { verdicts[$0] }
    }
}
