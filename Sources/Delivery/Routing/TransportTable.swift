// SPDX-License-Identifier: Apache-2.0

package import Files

/// A table of `transport_maps` in memory: which way recipients and domains go (Postfix: transport(5), texthash).
package struct TransportTable: Sendable {
    /// What an entry says.
    enum Entry: Sendable, Equatable {
        /// As if the table were not there.
        case unchanged
        /// To the mail exchangers of the recipient's own domain.
        case domain
        case route(Route)
    }

    /// Bytes of a table, entries, and bytes of one entry at most.
    package static let byteLimit = 16_777_216
    private static let entryLimit = 500_000
    private static let lineLimit = 4_096

    private let entries: [String: Entry]
    /// What could not be read, the first hundred of it.
    package private(set) var mistakes: [TableMistake] = []

    /// Entries that could be read.
    package var count: Int { entries.count }

    /// Reads entries of `pattern result`.
    ///
    /// - Parameter port: of next hops without one.
    package init(_ bytes: some Sequence<UInt8>, port: Int = 25) {
        var entries: [String: Entry] = [:]
        var mistakes: [TableMistake] = []
        func note(_ line: Int, _ message: String) {
            if mistakes.count < 100 { mistakes.append(TableMistake(line: line, message: message)) }
        }
        for entry in TableLines(Array(bytes)) {
            let line = entry.line
            guard entry.bytes.count <= TransportTable.lineLimit else {
                note(line, "the entry is longer than \(TransportTable.lineLimit) bytes")
                continue
            }
            guard entries.count < TransportTable.entryLimit else {
                note(line, "the table has more than \(TransportTable.entryLimit) entries")
                break
            }
            let text = String(decoding: entry.bytes, as: UTF8.self)
            let parts = text.split(maxSplits: 1, whereSeparator: TransportTable.isBlank)
            let pattern = parts[0].lowercased()
            guard parts.count == 2 else {
                note(line, "'\(pattern.prefix(64))' has no result: add one such as smtp:[192.0.2.1]:25")
                continue
            }
            do throws(DeliverySettings.NextHop.Mistake) {
                let result = parts[1].drop(while: TransportTable.isBlank)
                let entry = try TransportTable.read(String(result), port: port)
                // why: as in Postfix, the first of two entries for one pattern counts.
                if entries[pattern] == nil {
                    entries[pattern] = entry
                } else {
                    note(line, "'\(pattern.prefix(64))' is in the table already")
                }
            } catch {
                note(line, "'\(pattern.prefix(64))': \(error.text)")
            }
        }
        self.entries = entries
        self.mistakes = mistakes
    }

    func entry(_ key: String) -> Entry? { entries[key] }

    // MARK: reading

    /// Reads a result: `transport:nexthop`, either part of which may be empty.
    private static func read(_ text: String, port: Int) throws(DeliverySettings.NextHop.Mistake) -> Entry {
        typealias Mistake = DeliverySettings.NextHop.Mistake
        guard let colon = text.firstIndex(of: ":") else {
            throw Mistake(
                text: "'\(text.prefix(64))' has no colon: write TRANSPORT:NEXTHOP such as smtp:[192.0.2.1]:25"
            )
        }
        let transport = text[..<colon]
        var rest = text[text.index(after: colon)...]
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        switch transport {
        case "":
            return rest.isEmpty ? .unchanged : .route(.smtp(try .init(text: String(rest), port: port)))
        case "smtp", "relay":
            return rest.isEmpty ? .domain : .route(.smtp(try .init(text: String(rest), port: port)))
        case "error":
            let (dsn, text) = try status(rest, class: "5", or: "5.0.0")
            return .route(.error(dsn: dsn, text: text.isEmpty ? "recipient address rejected" : text))
        case "retry":
            let (dsn, text) = try status(rest, class: "4", or: "4.0.0")
            return .route(.retry(dsn: dsn, text: text.isEmpty ? "delivery is put off" : text))
        case "discard":
            let (_, text) = try status(rest, class: "2", or: "2.0.0")
            return .route(.discard(text: text.isEmpty ? "discarded" : text))
        default:
            throw Mistake(
                text: "transport '\(transport.prefix(32))' is not supported by this version:"
                    + " smtp, relay, error, retry and discard are"
            )
        }
    }

    /// The enhanced status code at the beginning of a text, which must be of a class.
    private static func status(
        _ text: Substring,
        class digit: Character,
        or standard: String
    ) throws(DeliverySettings.NextHop.Mistake) -> (String, String) {
        let text = text.drop(while: isBlank)
        let first = text.prefix { !isBlank($0) }
        let numbers = first.split(separator: ".", omittingEmptySubsequences: false)
        let isStatus =
            numbers.count == 3
            && numbers.allSatisfy { (1...3).contains($0.utf8.count) && $0.allSatisfy { $0.isASCII && $0.isNumber } }
        let printable = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard printable else { throw .init(text: "the text has control characters") }
        guard isStatus else { return (standard, String(text)) }
        guard numbers[0].count == 1, numbers[0].first == digit else {
            throw .init(text: "status '\(first)' must begin with \(digit)")
        }
        return (String(first), String(text[first.endIndex...].drop(while: isBlank)))
    }

    private static func isBlank(_ character: Character) -> Bool {
        character.asciiValue.map(TableLines.isSpace) == true
    }
}
