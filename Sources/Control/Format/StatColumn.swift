// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// One column of `show stat`: its name, its tags, and what a row of each kind prints in it.
package struct StatColumn: Sendable {
    /// What a row prints, given what all rows depend on.
    package typealias Reading = @Sendable (StatisticsRow, StatCircumstances) -> Field.Value?

    /// As in the first line of HAProxy's CSV.
    package var name: String
    /// Tags as `Field.tags`; some columns are tagged differently on backends or servers.
    package var tags: String
    /// Tags on rows of backends; nil: as `tags`.
    package var backendTags: String?
    /// Tags on rows of servers; nil: as `tags`.
    package var serverTags: String?
    /// What `show stat typed desc` says of it.
    package var summary: String
    /// Nil: the row leaves the column empty.
    package var read: Reading
}

/// What besides the row decides what is printed.
package struct StatCircumstances: Sendable {
    /// The rate meters' clock, milliseconds.
    package var uptime: Int64
    /// Whether the client is allowed to see addresses and algorithms: from level operator on.
    package var showsAddresses: Bool

    /// One for all rows of an answer.
    package init(uptime: Int64, showsAddresses: Bool) {
        self.uptime = uptime
        self.showsAddresses = showsAddresses
    }
}

extension StatColumn {
    /// Which kinds of row print a column.
    struct Kinds: OptionSet {
        let rawValue: Int
        static let frontend = Kinds(rawValue: 1)
        static let backend = Kinds(rawValue: 2)
        static let server = Kinds(rawValue: 4)
        static let listener = Kinds(rawValue: 8)
        static let all: Kinds = [.frontend, .backend, .server, .listener]
        static let front: Kinds = [.frontend, .listener]
        static let back: Kinds = [.backend, .server]
        static let none: Kinds = []

        func has(_ kind: StatisticsRow.Kind) -> Bool {
            switch kind {
            case .frontend: contains(.frontend)
            case .backend: contains(.backend)
            case .server: contains(.server)
            case .listener: contains(.listener)
            }
        }
    }

    /// A column of numbers.
    static func number(
        _ name: String,
        _ tags: String,
        _ width: Field.Width,
        _ kinds: Kinds,
        _ summary: String,
        backend: String? = nil,
        server: String? = nil,
        _ read: @escaping @Sendable (StatisticsRow, StatCircumstances) -> Int?
    ) -> StatColumn {
        let reading: Reading = { row, circumstances in
            guard kinds.has(row.kind), let number = read(row, circumstances) else { return nil }
            return .number(number, width)
        }
        return StatColumn(
            name: name,
            tags: tags,
            backendTags: backend,
            serverTags: server,
            summary: summary,
            read: reading
        )
    }

    /// A column of texts; an empty text counts as none.
    static func text(
        _ name: String,
        _ tags: String,
        _ kinds: Kinds,
        _ summary: String,
        _ read: @escaping @Sendable (StatisticsRow, StatCircumstances) -> String?
    ) -> StatColumn {
        let reading: Reading = { row, circumstances in
            guard kinds.has(row.kind), let text = read(row, circumstances), !text.isEmpty else { return nil }
            return .text(text)
        }
        return StatColumn(name: name, tags: tags, summary: summary, read: reading)
    }

    /// A column that stays empty, or zero on the rows of `kinds`: what it counts does not exist here.
    static func unused(
        _ name: String,
        _ tags: String = "MCP",
        _ width: Field.Width = .u64,
        zeroOn kinds: Kinds = .none,
        _ summary: String = "not used here"
    ) -> StatColumn {
        number(name, tags, width, kinds, summary) { _, _ in 0 }
    }

    /// The field that `row` prints at `position`, nil when it leaves it empty.
    package func field(of row: StatisticsRow, at position: Int, _ circumstances: StatCircumstances) -> Field? {
        guard let value = read(row, circumstances) else { return nil }
        var tags = self.tags
        if row.kind == .backend, let backendTags { tags = backendTags }
        if row.kind == .server, let serverTags { tags = serverTags }
        return Field(position, name, tags, value, summary)
    }
}
