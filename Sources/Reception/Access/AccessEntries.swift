// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import SMTP

/// The entries of a CIDR file as text: one a line; a line that begins with white space goes on with the one before; empty
/// lines and comments do not count (Postfix: cidr_table(5)).
struct AccessEntries {
    /// Why an entry cannot be used.
    struct Wrong: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    /// One entry and the line it begins in, from 1.
    struct Entry {
        let line: Int
        fileprivate(set) var bytes: [UInt8]
        /// Whether it goes on with an entry that is not there.
        let isOrphan: Bool
    }

    private let bytes: [UInt8]
    private var position: Int
    private var line = 0
    private var pending: Entry?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    mutating func next() -> Entry? {
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            let text = bytes[position..<end]
            position = end + 1
            line += 1
            let content = text.drop { AccessEntries.isSpace($0) }
            guard let first = content.first, first != UInt8(ascii: "#") else { continue }
            if content.startIndex > text.startIndex, pending != nil {
                pending?.bytes += [0x20] + content
                continue
            }
            let begun = Entry(line: line, bytes: Array(content), isOrphan: content.startIndex > text.startIndex)
            let complete = pending
            pending = begun
            if let complete { return complete }
        }
        defer { pending = nil }
        return pending
    }

    fileprivate static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension AccessEntries.Entry {
    private typealias Wrong = AccessEntries.Wrong

    /// The network and what is said of it.
    func read(_ dialect: AccessTable.Dialect) throws(AccessEntries.Wrong) -> (AddressRange, AccessVerdict) {
        guard !isOrphan else { throw Wrong("the first entry begins with white space, as if a line went on") }
        guard bytes.count <= AccessLimits.entryBytes else {
            throw Wrong("the entry is longer than \(AccessLimits.entryBytes) bytes")
        }
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) || AccessEntries.isSpace($0) }) else {
            throw Wrong("the entry has characters that are not printable ASCII")
        }
        let words = bytes.split(maxSplits: 1) { AccessEntries.isSpace($0) }.map { String(decoding: $0, as: UTF8.self) }
        let pattern = words[0]
        let result = words.count > 1 ? AccessEntries.trimmed(words[1]) : ""
        let range = try AccessEntries.range(pattern)
        guard !result.isEmpty else {
            throw Wrong("'\(pattern.prefix(64))' has nothing said of it: add permit or reject")
        }
        return (range, try AccessEntries.verdict(result, dialect))
    }
}

extension AccessEntries {
    fileprivate static func trimmed(_ text: String) -> String {
        let bytes = text.utf8.drop(while: isSpace)
        let end = bytes.lastIndex { !isSpace($0) }.map { bytes.index(after: $0) } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    fileprivate static func range(_ pattern: String) throws(Wrong) -> AddressRange {
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

    fileprivate static func verdict(_ result: String, _ dialect: AccessTable.Dialect) throws(Wrong) -> AccessVerdict {
        let word = String(result.prefix { $0 != " " && $0 != "\t" })
        let text = trimmed(String(result.dropFirst(word.count)))
        switch (word.lowercased(), dialect) {
        case ("permit", _), ("ok", .restriction):
            try nothing(after: word, text)
            return .permit
        case ("dunno", _):
            try nothing(after: word, text)
            return .dunno
        case ("reject", .screening):
            try nothing(after: word, text)
            return .reject(AccessRefusal())
        case ("reject", .restriction):
            return .reject(try refusal(554, text))
        case (_, .screening):
            throw Wrong("'\(word.prefix(64))' is none of permit, reject, dunno")
        case (_, .restriction):
            guard word.utf8.count == 3, let code = Int(word), (400...599).contains(code) else {
                throw Wrong(
                    "'\(word.prefix(64))' is not supported by this version: OK, REJECT, DUNNO and codes such as 550 are"
                )
            }
            guard code != 421, code != 521 else {
                throw Wrong("\(code) would end the session, which this version does not do here: use another code")
            }
            return .reject(try refusal(code, text))
        }
    }

    private static func nothing(after word: String, _ text: String) throws(Wrong) {
        guard text.isEmpty else { throw Wrong("unexpected '\(text.prefix(64))' after '\(word.prefix(64))'") }
    }

    /// The text may begin with an enhanced status code of the reply's class.
    private static func refusal(_ code: Int, _ text: String) throws(Wrong) -> AccessRefusal {
        guard text.utf8.count <= AccessLimits.textBytes else {
            throw Wrong("the text is longer than \(AccessLimits.textBytes) bytes")
        }
        let first = text.prefix { $0 != " " && $0 != "\t" }
        let numbers = first.split(separator: ".", omittingEmptySubsequences: false).map { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        var refusal = AccessRefusal(code, EnhancedStatus(code / 100, 7, 1))
        var rest = text
        if numbers.count == 3, let kind = numbers[0], let subject = numbers[1], let detail = numbers[2] {
            guard kind == code / 100 else {
                throw Wrong("status '\(first)' does not belong to code \(code)")
            }
            refusal.status = EnhancedStatus(kind, subject, detail)
            rest = trimmed(String(text.dropFirst(first.count)))
        }
        if !rest.isEmpty { refusal.text = rest }
        return refusal
    }
}
