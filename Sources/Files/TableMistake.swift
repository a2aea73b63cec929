// SPDX-License-Identifier: Apache-2.0

/// Something in a lookup table that cannot be used.
package struct TableMistake: Sendable, Equatable {
    /// From 1.
    package let line: Int
    /// For people: what is wrong, without the file's name.
    package let message: String

    /// A mistake in the entry that begins in `line`.
    package init(line: Int, message: String) {
        self.line = line
        self.message = message
    }
}

/// A table that is not fit for use because of its first mistake.
package struct WrongTable: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// - Parameter path: of the table's file.
    package init(_ path: String, _ mistake: TableMistake) {
        description = "\(path):\(mistake.line): \(mistake.message)"
    }
}
