// SPDX-License-Identifier: Apache-2.0

import Files
import ProxyProtocol
import SMTP

/// Owns what the entries of access tables have in common: how they are split, networks, verdicts, and what is said of wrong ones.
enum AccessEntries {
    /// Why an entry cannot be used.
    struct Wrong: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }
}

extension TableLines.Entry {
    private typealias Wrong = AccessEntries.Wrong

    /// The whole entry.
    fileprivate func text() throws(AccessEntries.Wrong) -> String {
        guard !isOrphan else { throw Wrong("the first entry begins with white space, as if a line went on") }
        guard bytes.count <= AccessLimits.entryBytes else {
            throw Wrong("the entry is longer than \(AccessLimits.entryBytes) bytes")
        }
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) || TableLines.isSpace($0) }) else {
            throw Wrong("the entry has characters that are not printable ASCII")
        }
        return AccessEntries.trimmed(String(decoding: bytes, as: UTF8.self))
    }
}

extension AccessEntries {
    /// Reads every entry of a file, with its index; returns the mistakes, at most `AccessLimits.mistakes`.
    static func read(
        _ bytes: [UInt8],
        entry: (_ pattern: String, _ result: String, _ index: Int) throws(Wrong) -> Void
    ) -> [TableMistake] {
        var count = 0
        return lines(bytes) { text, _ throws(Wrong) in
            let words = text.utf8.split(maxSplits: 1, whereSeparator: TableLines.isSpace)
            let result = words.count > 1 ? trimmed(String(Substring(words[1]))) : ""
            try entry(words.first.map { String(Substring($0)) } ?? "", result, count)
            count += 1
        }
    }

    /// Reads every entry of a file as it is written, with its line; returns the mistakes, at most `AccessLimits.mistakes`.
    static func lines(
        _ bytes: [UInt8],
        entry: (_ text: String, _ line: Int) throws(Wrong) -> Void
    ) -> [TableMistake] {
        var entries = TableLines(bytes)
        var mistakes: [TableMistake] = []
        var count = 0
        while let next = entries.next(), mistakes.count < AccessLimits.mistakes {
            do throws(Wrong) {
                guard count < AccessLimits.entries else {
                    throw Wrong("the table has more than \(AccessLimits.entries) entries")
                }
                try entry(try next.text(), next.line)
                count += 1
            } catch {
                mistakes.append(TableMistake(line: next.line, message: error.message))
                if count >= AccessLimits.entries { break }
            }
        }
        return mistakes
    }

    static func trimmed(_ text: String) -> String {
        let bytes = text.utf8.drop(while: TableLines.isSpace)
        let end = bytes.lastIndex { !TableLines.isSpace($0) }.map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    static func missingResult(of pattern: String) -> Wrong {
        Wrong("'\(pattern.prefix(64))' has nothing said of it: add what is to happen, such as permit or REJECT")
    }

    static func range(_ pattern: String) throws(Wrong) -> AddressRange {
        if let range = AddressRange(pattern) { return range }
        let shown = "'\(pattern.prefix(64))'"
        switch pattern.lowercased() {
        case "if", "endif": throw Wrong("\(shown) is not supported by this version: list the networks themselves")
        default: break
        }
        if pattern.hasPrefix("!") {
            throw Wrong("exceptions (\(shown)) are not supported by this version: list what is meant before this entry")
        }
        let parts = pattern.filter { $0 != "[" && $0 != "]" }.split(separator: "/", maxSplits: 1)
        if parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...(address.isIPv4 ? 32 : 128)).contains(length)
        {
            let network = address.masked(to: address.isIPv4 ? length + 96 : length)
            throw Wrong("\(shown) has bits set beyond its prefix; did you mean '\(network)/\(length)'?")
        }
        throw Wrong("\(shown) is not a network: write it like 192.0.2.0/24 or 2001:db8::/32")
    }

    /// What a screening table says.
    static func verdict(_ result: String) throws(Wrong) -> AccessVerdict {
        let (word, text) = split(result)
        let verdict: AccessVerdict
        switch word.lowercased() {
        case "permit": verdict = .permit
        case "dunno": verdict = .dunno
        case "reject": verdict = .reject(AccessRefusal())
        default: throw Wrong("'\(word.prefix(64))' is none of permit, reject, dunno")
        }
        guard text.isEmpty else { throw Wrong("unexpected '\(text.prefix(64))' after '\(word.prefix(64))'") }
        return verdict
    }

    /// The first word of what is said, and the rest.
    static func split(_ result: String) -> (word: String, text: String) {
        let word = String(result.prefix { $0 != " " && $0 != "\t" })
        return (word, trimmed(String(result.dropFirst(word.count))))
    }
}
