// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// Owns the addresses of one `acl`, or of a file that several share (`-f FILE`).
package struct AddressListSettings: Sendable, Equatable, CustomStringConvertible {
    /// The file's path; nil: the addresses stand in the configuration.
    package var file: String?
    /// What uses it, for `show acl`.
    package var usage: String
    /// The networks, already read; `RuleLimits.listEntries` at most.
    package var ranges: [AddressRange]

    /// A list of a file, or, without one, of an acl's own lines.
    package init(file: String? = nil, usage: String = "", ranges: [AddressRange] = []) {
        self.file = file
        self.usage = usage
        self.ranges = ranges
    }

    package var description: String {
        (file.map { "\($0): " } ?? "") + ranges.prefix(100).map(\.description).joined(separator: " ")
    }
}

/// The bounds of rules and lists.
package enum RuleLimits {
    /// Networks of one list, with what operators add.
    package static let listEntries = 1_000_000
    /// Bytes of the client that content rules may look at, HAProxy's `tune.bufsize`.
    package static let contentBytes = 16_384
    /// Entries of one stick table.
    package static let tableEntries = 10_000_000
    /// Counters a connection may have (`track-sc0` to `track-sc2`).
    package static let counters = 3
}
