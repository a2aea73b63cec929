// SPDX-License-Identifier: Apache-2.0

package import Expressions
package import Files

/// How a table's file is written and what it is for.
package enum TableFormat: Sendable, Hashable {
    /// CIDR with permit, reject, dunno (postscreen_access_list).
    case screening
    /// CIDR with the actions of access(5).
    case networks
    /// `KEY ACTION` lines: the source text of hash:, lmdb: or texthash: (postmap(1)).
    case keys
    /// `KEY VALUE` lines of which only the keys count, such as relay_recipient_maps.
    case members
    /// `ZONE REPLY` lines (rbl_reply_maps).
    case replies
    /// Patterns with the actions of access(5): pcre: or regexp: (pcre_table(5), regexp_table(5)).
    case patterns(ExpressionDialect)
    /// Patterns of which only counts whether one matches.
    case memberPatterns(ExpressionDialect)

    /// The format of a table of that type in place of one with keys; nil when it is no type of patterns, or patterns are not read
    /// there.
    package static func patterns(_ type: String, inPlaceOf format: TableFormat) -> TableFormat? {
        let dialect: ExpressionDialect
        switch type {
        case "pcre": dialect = .perl
        case "regexp": dialect = .posix
        default: return nil
        }
        switch format {
        case .keys: return .patterns(dialect)
        case .members: return .memberPatterns(dialect)
        case .screening, .networks, .replies, .patterns, .memberPatterns: return nil
        }
    }

    /// Whether it is asked for whole names and addresses alone.
    var hasPatterns: Bool {
        switch self {
        case .patterns, .memberPatterns: true
        case .screening, .networks, .keys, .members, .replies: false
        }
    }

    /// Reads a file's bytes.
    package func read(_ bytes: [UInt8]) -> TableContent {
        switch self {
        case .screening: .screening(AccessTable(bytes))
        case .networks, .keys, .members, .replies, .patterns, .memberPatterns:
            .lookup(LookupTable(bytes, format: self))
        }
    }
}

/// What was read from a table's file.
package enum TableContent: Sendable {
    case screening(AccessTable)
    case lookup(LookupTable)

    /// What is wrong with the file; a table with mistakes is not fit for use.
    package var mistakes: [TableMistake] {
        switch self {
        case .screening(let table): table.mistakes
        case .lookup(let table): table.mistakes
        }
    }

    var count: Int {
        switch self {
        case .screening(let table): table.count
        case .lookup(let table): table.count
        }
    }

    var screening: AccessTable? { if case .screening(let table) = self { table } else { nil } }
    var lookup: LookupTable? { if case .lookup(let table) = self { table } else { nil } }
}
