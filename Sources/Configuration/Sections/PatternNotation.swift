// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Owns what stands after a fetch: flags and values (HAProxy configuration manual 7.1).
enum PatternNotation {
    private static let operators = ["eq", "ge", "gt", "le", "lt"]

    /// What the flags in front of the values say.
    private struct Flags {
        var method: Word?
        var ignoresCase = false
        var files: [Word] = []
    }

    /// Reads every word that is given.
    static func read(_ words: [Word], for asking: RuleDraft.Asking) throws(Finding) -> RuleDraft.Matching {
        var words = words[...]
        let flags = try flags(&words, asking.word)
        let method = flags.method?.text
        if method == "found" {
            if let extra = words.first { throw Finding(at: extra, "'-m found' takes no value, not \(extra.shown)") }
            return .ready(.found)
        }
        switch asking.kind {
        case .truth:
            if let extra = words.first {
                throw Finding(
                    at: extra,
                    "\(asking.word.shown) holds or does not: it takes no value, not \(extra.shown)"
                )
            }
            return .ready(.truth)
        case .address:
            guard method == nil || method == "ip" else { throw wrongMethod(flags.method, ["ip", "found"]) }
            guard !words.isEmpty || !flags.files.isEmpty else {
                throw Finding(at: asking.word, "\(asking.word.shown) needs an address, a network or -f FILE")
            }
            var ranges: [AddressRange] = []
            for word in words { ranges.append(try range(word)) }
            return .addresses(ranges, files: flags.files)
        case .number:
            if method == "bool" { return .ready(.truth) }
            guard method == nil || method == "int" else { throw wrongMethod(flags.method, ["int", "bool", "found"]) }
            return .ready(.numbers(try numbers(words, asking.word)))
        case .bytes:
            return .ready(try bytes(words, flags, asking.word))
        }
    }

    private static func flags(_ words: inout ArraySlice<Word>, _ fetch: Word) throws(Finding) -> Flags {
        var flags = Flags()
        while let word = words.first, word.text.hasPrefix("-"), word.text.count > 1 {
            words = words.dropFirst()
            switch word.text {
            case "--": return flags
            case "-i": flags.ignoresCase = true
            case "-n": break
            case "-m":
                guard let method = words.popFirst() else {
                    throw Finding(at: word, "'-m' needs a method such as 'beg'")
                }
                flags.method = method
            case "-u":
                guard words.popFirst() != nil else { throw Finding(at: word, "'-u' needs a number") }
            case "-f":
                guard let file = words.popFirst() else { throw Finding(at: word, "'-f' needs the path of a file") }
                guard file.text.hasPrefix("/") else {
                    throw Finding(at: file, "\(file.shown) needs an absolute path: -f /FILE")
                }
                flags.files.append(file)
            case "-M": throw Finding(at: word, "'-M' is not supported by this version: a list has a network a line")
            default:
                // A negative number, say.
                guard !word.text.dropFirst().allSatisfy({ $0.isNumber }) else {
                    words = [word] + words
                    return flags
                }
                let hint = NearestWord.hint(for: word.text, among: ["-i", "-f", "-m", "-n", "--"])
                throw Finding(at: word, "unknown flag \(word.shown) after \(fetch.shown)\(hint)")
            }
        }
        return flags
    }

    private static func wrongMethod(_ word: Word?, _ names: [String]) -> Finding {
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        let given = word?.text ?? ""
        return Finding(
            at: word,
            "'-m' takes \(list) here, not \(given.shown)\(NearestWord.hint(for: given, among: names))"
        )
    }

    /// A network as HAProxy reads it, and why it is none.
    static func range(_ word: Word) throws(Finding) -> AddressRange {
        if let range = AddressRange(loosely: word.text) { return range }
        if word.text.isHostName, word.text.contains(where: \.isLetter), !word.text.contains(":") {
            throw Finding(at: word, "\(word.shown) is not a valid IPv4 or IPv6 address; names are not looked up")
        }
        throw Finding(at: word, "\(word.shown) is not a valid IPv4 or IPv6 address")
    }

    private static func numbers(_ words: ArraySlice<Word>, _ fetch: Word) throws(Finding) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        var comparison = "eq"
        var words = words
        while let word = words.popFirst() {
            if operators.contains(word.text) {
                comparison = word.text
                guard !words.isEmpty else { throw Finding(at: word, "'\(word.text)' needs a number after it") }
                continue
            }
            ranges.append(try numberRange(word, comparison))
        }
        guard !ranges.isEmpty else { throw Finding(at: fetch, "\(fetch.shown) needs a number, such as 'gt 10'") }
        return ranges
    }

    private static func numberRange(_ word: Word, _ comparison: String) throws(Finding) -> ClosedRange<Int> {
        let limit = 1_000_000_000_000_000
        func number(_ part: Substring, or standard: Int) throws(Finding) -> Int {
            if part.isEmpty { return standard }
            guard let number = Int(part), (-limit...limit).contains(number), !part.hasPrefix("+") else {
                let hint = NearestWord.hint(for: word.text, among: operators)
                throw Finding(
                    at: word,
                    "\(word.shown) is neither a number, a range such as 10:20, nor one of "
                        + "'eq', 'ge', 'gt', 'le', 'lt'\(hint)"
                )
            }
            return number
        }
        let parts = word.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard word.text != ":", !word.text.isEmpty else { throw Finding(at: word, "\(word.shown) is not a number") }
        let low = try number(parts[0], or: -limit)
        guard parts.count == 2 else {
            switch comparison {
            case "ge": return low...Int.max
            case "gt": return (low + 1)...Int.max
            case "le": return Int.min...low
            case "lt": return Int.min...(low - 1)
            default: return low...low
            }
        }
        let high = try number(parts[1], or: limit)
        guard comparison == "eq" else { throw Finding(at: word, "a range cannot stand after '\(comparison)'") }
        guard low <= high else {
            throw Finding(at: word, "\(word.shown) is not a range: its end is before its beginning")
        }
        return low...high
    }

    private static func bytes(_ words: ArraySlice<Word>, _ flags: Flags, _ fetch: Word) throws(Finding) -> Pattern {
        if let file = flags.files.first { throw Finding(at: file, "'-f' is for addresses in this version") }
        let method = flags.method?.text ?? "str"
        if method == "len" { return .lengths(try numbers(words, fetch)) }
        guard !words.isEmpty else { throw Finding(at: fetch, "\(fetch.shown) needs a text to compare with") }
        if method == "bin" {
            var values: [[UInt8]] = []
            for word in words { values.append(try hexadecimal(word)) }
            return .bytes(.exact, values, ignoresCase: false)
        }
        guard let comparison = Pattern.Comparison(rawValue: method) else {
            throw wrongMethod(flags.method, Pattern.Comparison.allCases.map(\.rawValue) + ["bin", "len", "found"])
        }
        return .bytes(comparison, words.map { Array($0.text.utf8) }, ignoresCase: flags.ignoresCase)
    }

    private static func hexadecimal(_ word: Word) throws(Finding) -> [UInt8] {
        let digits = Array(word.text)
        guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.allSatisfy(\.isHexDigit) else {
            throw Finding(at: word, "\(word.shown) is no sequence of bytes: two hexadecimal digits for each")
        }
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}
