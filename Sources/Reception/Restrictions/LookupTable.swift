// SPDX-License-Identifier: Apache-2.0

package import Files
package import ProxyProtocol

/// Owns the entries of one table that restrictions look things up in: networks, keys or patterns, and what is to happen.
///
/// Keys are found in any case. Of two entries for one key the first counts.
package struct LookupTable: Sendable {
    /// What is wrong with the file; a table with mistakes is not fit for use.
    package private(set) var mistakes: [TableMistake] = []
    /// Entries of the table.
    package private(set) var count = 0
    private var actions: [AccessAction] = []
    private var networks = NetworkIndex()
    private var keys: [String: Int] = [:]
    private var templates: [ReplyTemplate] = []
    private var patterns: PatternTable?

    /// Reads the bytes of a file.
    package init(_ bytes: [UInt8], format: TableFormat) {
        guard !format.hasPatterns else {
            mistakes = AccessEntries.lines(bytes) { text, line throws(AccessEntries.Wrong) in
                try add(text, line: line, format)
            }
            finishPatterns()
            return
        }
        mistakes = AccessEntries.read(bytes) { pattern, result, index throws(AccessEntries.Wrong) in
            try add(pattern, result, index, format)
        }
    }

    /// Takes the entries of an inline table; mistakes have the entry's number as their line.
    package init(_ entries: [TableName.Entry], format: TableFormat) {
        for (index, entry) in entries.enumerated() {
            do throws(AccessEntries.Wrong) {
                try add(entry.key, entry.value, index, format)
            } catch {
                mistakes.append(TableMistake(line: index + 1, message: error.message))
            }
        }
    }

    /// Takes the lines of an inline table of patterns; mistakes have the line's number.
    package init(lines: [String], format: TableFormat) {
        for (index, line) in lines.enumerated() {
            do throws(AccessEntries.Wrong) {
                try add(line, line: index + 1, format)
            } catch {
                mistakes.append(TableMistake(line: index + 1, message: error.message))
            }
        }
        finishPatterns()
    }

    /// What the first network that holds the address says; nil when none does.
    package func action(on address: IPAddress) -> AccessAction? {
        networks.first(holding: address).map { actions[$0] }
    }

    /// What is said of a key, which is in lower case; nil when nothing is.
    package func action(of key: String) -> AccessAction? {
        guard let index = keys[key] else { return nil }
        return index < actions.count ? actions[index] : .ok
    }

    /// The reply of a key, which is in lower case; nil when it is not listed.
    package func reply(of key: String) -> ReplyTemplate? {
        guard let index = keys[key], index < templates.count else { return nil }
        return templates[index]
    }

    /// Whether the key, which is in lower case, is listed.
    package func contains(_ key: String) -> Bool { keys[key] != nil }

    /// What the first pattern that matches says of a key, in the case that it has.
    package func answer(to key: String) -> PatternTable.Answer { patterns?.answer(to: key) ?? .nothing }

    /// Takes a line of a table of patterns.
    private mutating func add(_ text: String, line: Int, _ format: TableFormat) throws(AccessEntries.Wrong) {
        switch format {
        case .patterns(let dialect):
            patterns = patterns ?? PatternTable(dialect: dialect)
            try patterns?.add(text, line: line) { result throws(AccessEntries.Wrong) in
                guard result.beginsWithWord else {
                    throw AccessEntries.Wrong(
                        "what is to happen may not come from the key: write an action such as REJECT in front of '$'"
                    )
                }
                _ = try AccessAction(result.expanded(limit: AccessLimits.entryBytes) { _ in "" })
            }
        case .memberPatterns(let dialect):
            patterns = patterns ?? PatternTable(dialect: dialect)
            try patterns?.add(text, line: line) { _ in }
        case .screening, .networks, .keys, .members, .replies:
            throw AccessEntries.Wrong("'\(text.prefix(64))' is a pattern in a table of keys")
        }
    }

    private mutating func finishPatterns() {
        count = patterns?.count ?? 0
        mistakes += patterns?.unfinished ?? []
    }

    private mutating func add(
        _ pattern: String,
        _ result: String,
        _ index: Int,
        _ format: TableFormat
    ) throws(AccessEntries.Wrong) {
        switch format {
        case .screening, .networks:
            let range = try AccessEntries.range(pattern)
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: pattern) }
            actions.append(try AccessAction(result))
            networks.add(range, index)
        case .keys:
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: pattern) }
            actions.append(try AccessAction(result))
            if keys[pattern.lowercased()] == nil { keys[pattern.lowercased()] = index }
        case .replies:
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: pattern) }
            do throws(ReplyTemplate.ParseError) {
                templates.append(try ReplyTemplate(result))
            } catch {
                throw AccessEntries.Wrong(error.message)
            }
            if keys[pattern.lowercased()] == nil { keys[pattern.lowercased()] = index }
        case .members:
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: pattern) }
            if keys[pattern.lowercased()] == nil { keys[pattern.lowercased()] = index }
        case .patterns, .memberPatterns:
            throw AccessEntries.Wrong("'\(pattern.prefix(64))' is a key in a table of patterns")
        }
        count += 1
    }
}
