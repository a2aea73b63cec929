// SPDX-License-Identifier: Apache-2.0

/// A table as a list names it: `cidr:/FILE`, `hash:/FILE`, `pcre:/FILE`, `inline:{KEY=ACTION, ...}` or `pcre:{{/PATTERN/ ACTION}, ...}`.
package struct TableName: Sendable, Hashable {
    /// One entry of an inline table.
    package struct Entry: Sendable, Hashable {
        /// The left-hand side, as it is looked up.
        package var key: String
        /// The right-hand side, an action of access(5).
        package var value: String

        /// One entry; it is read as a line of a file would be.
        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The type as it was written: cidr, hash, texthash, lmdb, pcre, regexp, inline.
    package let type: String
    /// The file's absolute path; empty for an inline table.
    package let path: String
    /// How its entries are read.
    package let format: TableFormat
    /// What an inline table with keys holds; nil for others.
    package let entries: [Entry]?
    /// The lines of an inline table of patterns; nil for others.
    package let lines: [String]?

    /// A table in a file.
    package init(type: String, path: String, format: TableFormat) {
        self.type = type
        self.path = path
        self.format = format
        entries = nil
        lines = nil
    }

    /// A table in the list itself.
    package init(inline entries: [Entry], format: TableFormat) {
        type = "inline"
        path = ""
        self.format = format
        self.entries = entries
        lines = nil
    }

    /// A table of patterns in the list itself.
    package init(type: String, lines: [String], format: TableFormat) {
        self.type = type
        path = ""
        self.format = format
        entries = nil
        self.lines = lines
    }

    /// What is in a table that is no file of its own; nil for a file.
    package var inlineTable: LookupTable? {
        if let lines { return LookupTable(lines: lines, format: format) }
        return entries.map { LookupTable($0, format: format) }
    }
}

extension TableName: CustomStringConvertible {
    package var description: String {
        if let lines { return "\(type):{" + lines.map { "{\($0)}" }.joined(separator: ", ") + "}" }
        guard let entries else { return "\(type):\(path)" }
        return "inline:{" + entries.map { "{\($0.key) = \($0.value)}" }.joined(separator: ", ") + "}"
    }
}
