// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns the actions of `tcp-request` as text.
enum ActionNotation {
    private static let simple: [(String, Rule.Action)] = [
        ("accept", .accept), ("reject", .reject), ("silent-drop", .silentDrop),
    ]
    private static let names =
        simple.map(\.0) + ["expect-proxy", "track-sc0", "track-sc1", "track-sc2", "sc-inc-gpc0(0)", "sc-set-gpt0(0)"]

    /// Actions of HAProxy's that are not there.
    private static let unsupported = [
        "expect-netscaler-cip", "set-src", "set-src-port", "set-dst", "set-dst-port", "set-var", "set-var-fmt",
        "unset-var",
        "set-mark", "set-tos", "set-nice", "set-log-level", "set-priority-class", "set-priority-offset", "do-resolve",
        "capture", "use-service", "switch-mode", "send-spoe-group", "set-bandwidth-limit", "close", "sc-inc-gpc1",
        "sc-inc-gpc",
        "sc-set-gpt", "sc-add-gpc", "lua", "attach-srv",
    ]

    static func read(_ words: inout Arguments, _ stage: RuleDraft.Stage) throws(Finding) -> RuleDraft.Doing {
        let word = try words.next("an action such as 'reject'")
        if let action = simple.first(where: { $0.0 == word.text })?.1 { return .ready(action) }
        if word.text == "expect-proxy" {
            guard stage == .connection else {
                throw Finding(
                    at: word,
                    "'expect-proxy' is for 'tcp-request connection': later it is too late for a header"
                )
            }
            let layer = try words.next("'layer4' after 'expect-proxy'")
            guard layer.text == "layer4" else {
                throw Finding(at: layer, "'expect-proxy' takes 'layer4', not \(layer.shown)")
            }
            return .ready(.expectProxy)
        }
        if let counter = (0..<RuleLimits.counters).first(where: { word.text == "track-sc\($0)" }) {
            return try track(counter, &words)
        }
        if let counter = try counter(word, "sc-inc-gpc0") { return .ready(.incrementGPC0(counter)) }
        if let counter = try counter(word, "sc-set-gpt0") {
            return .ready(.setGPT0(counter, try words.integer(in: 0...4_294_967_295)))
        }
        let name = String(word.text.prefix { $0 != "(" && $0 != "." })
        guard !unsupported.contains(name) else {
            throw Finding(
                at: word,
                "\(word.shown) is not supported by this version and cannot be ignored: "
                    + "it decides who is admitted"
            )
        }
        let hint = NearestWord.hint(for: word.text, among: names)
        throw Finding(at: word, "unknown action \(word.shown) after '\(words.name)'\(hint)")
    }

    /// `sc-inc-gpc0(0)`: the number in brackets; nil where it is another word.
    private static func counter(_ word: Word, _ name: String) throws(Finding) -> Int? {
        guard word.text.hasPrefix(name), word.text.dropFirst(name.count).first.map({ $0 == "(" }) ?? true else {
            return nil
        }
        let inside = word.text.dropFirst(name.count + 1).dropLast()
        guard word.text.hasSuffix(")"), let number = Int(inside), (0..<RuleLimits.counters).contains(number) else {
            throw Finding(at: word, "'\(name)' needs the number of a counter in brackets: \(name)(0)")
        }
        return number
    }

    private static func track(_ counter: Int, _ words: inout Arguments) throws(Finding) -> RuleDraft.Doing {
        let key = try words.next("what is tracked: 'src'")
        var table: Word?
        if words.peek?.text == "table" {
            words.skip()
            table = try words.next("the name of a section with a 'stick-table' after 'table'")
        }
        return .track(counter, try trackKey(key), table: table)
    }

    /// `src`, `dst`, `src,ipmask(24)`, `src,ipmask(24,64)`.
    private static func trackKey(_ word: Word) throws(Finding) -> Rule.TrackKey {
        let parts = word.text.split(separator: ",", maxSplits: 1).map(String.init)
        guard let name = parts.first, name == "src" || name == "dst" else {
            let hint = NearestWord.hint(for: word.text, among: ["src", "dst"])
            throw Finding(at: word, "addresses can be tracked: 'src' or 'dst', not \(word.shown)\(hint)")
        }
        var key = Rule.TrackKey(isDestination: name == "dst")
        guard parts.count > 1 else { return key }
        guard parts[1].hasPrefix("ipmask("), parts[1].hasSuffix(")") else {
            throw Finding(
                at: word,
                "after '\(name),' only 'ipmask(BITS)' or 'ipmask(BITS,BITS)' is supported, not \(parts[1].shown)"
            )
        }
        let bits = parts[1].dropFirst(7).dropLast().split(separator: ",", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard (1...2).contains(bits.count), let four = bits[0], (0...32).contains(four),
            let six = bits.count > 1 ? bits[1] : 128, (0...128).contains(six)
        else { throw Finding(at: word, "'ipmask' takes 0 to 32 bits of IPv4 and 0 to 128 bits of IPv6") }
        key.maskLength4 = four
        key.maskLength6 = six
        return key
    }
}
