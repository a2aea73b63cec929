// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving

// Kinds of words.
extension ScreeningKeywords {
    typealias Path<Value> = Keyword<PoolDraft>.Path<Value>

    static func word(
        _ name: String,
        _ usage: String,
        default standard: String,
        _ summary: String,
        _ apply: @escaping @Sendable (inout PoolDraft, inout Arguments) throws(Finding) -> Void
    ) -> Keyword<PoolDraft> {
        Keyword(name, usage, default: standard, summary) { pool, words throws(Finding) in
            pool.settings.screening.isEnabled = true
            try apply(&pool, &words)
        }
    }

    static func action(_ name: String, _ path: Path<ScreeningAction>, _ who: String) -> Keyword<PoolDraft> {
        word(
            name,
            "ignore | enforce | drop",
            default: standard[keyPath: path].rawValue,
            "\(who) are logged only, or refused every recipient, or cut with a 521 reply"
        ) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.choice(ScreeningAction.allCases.map { ($0.rawValue, $0) })
        }
    }

    static func time(
        _ name: String,
        _ path: Path<Int>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        word(name, "TIME", default: Quantity.time(standard[keyPath: path]), summary) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.time(unit: .seconds, in: range)
        }
    }

    static func life(_ name: String, _ path: Path<Int>, _ summary: String) -> Keyword<PoolDraft> {
        time(name, path, in: 1_000...longestLife, summary)
    }

    static func integer(
        _ name: String,
        _ path: Path<Int>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        word(name, "NUMBER", default: String(standard[keyPath: path]), summary) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.integer(in: range)
        }
    }

    static func stressTime(
        _ name: String,
        _ path: Path<StressTime>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        let time = standard[keyPath: path]
        let shown = "${stress?{\(time.stress / 1_000)}:{\(time.normal / 1_000)}}s"
        return word(name, "TIME", default: shown, summary) { pool, words throws(Finding) in
            let word = try words.next("a time such as 6s or ${stress?{2}:{6}}s")
            pool[keyPath: path] = StressTime(
                normal: try Quantity.time(try StressNotation.value(word, stress: false), unit: .seconds, in: range),
                stress: try Quantity.time(try StressNotation.value(word, stress: true), unit: .seconds, in: range)
            )
        }
    }

    /// The three words of a test of the live session.
    static func test(
        _ name: String,
        _ path: Path<ScreeningSettings.DeepTest>,
        _ who: String
    ) -> [Keyword<PoolDraft>] {
        let test = standard[keyPath: path]
        return [
            word("\(name)_enable", "yes | no", default: test.isEnabled ? "yes" : "no", "\(who) fail a test") {
                pool,
                words throws(Finding) in
                pool[keyPath: path].isEnabled = try words.boolean()
            },
            word(
                "\(name)_action",
                "ignore | enforce | drop",
                default: test.action.rawValue,
                "\(who) are logged only, or refused every recipient, or cut"
            ) { pool, words throws(Finding) in
                pool[keyPath: path].action = try words.choice(ScreeningAction.allCases.map { ($0.rawValue, $0) })
            },
            word("\(name)_ttl", "TIME", default: Quantity.time(test.ttl), "How long the passed test counts") {
                pool,
                words throws(Finding) in
                pool[keyPath: path].ttl = try words.time(unit: .seconds, in: 1_000...longestLife)
            },
        ]
    }

    static func site(_ word: Word) throws(Finding) -> BlocklistSite {
        do throws(BlocklistSite.ParseError) {
            return try BlocklistSite(word.text)
        } catch {
            switch error {
            case .domain(let text): throw Finding(at: word, "\(text.shown) is not the domain of a list")
            case .filter(let text):
                throw Finding(at: word, "\(text.shown) is not a filter such as 127.0.0.[2..11] or 127.0.0.2")
            case .weight(let text):
                throw Finding(at: word, "\(text.shown) is not a weight from -1000000 to 1000000")
            }
        }
    }

    static func replyMap(_ pool: inout PoolDraft, _ words: inout Arguments) throws(Finding) {
        pool.settings.screening.blocklistNames = [:]
        pool.settings.screening.blocklistNamesFile = nil
        guard let first = words.peek else { return }
        let text = words.joined
        _ = words.rest()
        if text.hasPrefix("texthash:/"), !text.contains(" ") {
            pool.settings.screening.blocklistNamesFile = String(text.dropFirst(9))
            return
        }
        guard text.hasPrefix("inline:{"), text.hasSuffix("}") else {
            throw Finding(
                at: first,
                "\(text.shown) is no map: write texthash:/FILE or inline:{DOMAIN=NAME, DOMAIN=NAME}"
            )
        }
        for item in text.dropFirst(8).dropLast().split(separator: ",") {
            let entry = item.filter { $0 != "{" && $0 != "}" }
            let parts = entry.split(separator: "=", maxSplits: 1).map {
                $0.split(separator: " ").joined(separator: " ")
            }
            guard parts.count == 2 else { throw Finding(at: first, "\(String(item).shown) is not DOMAIN=NAME") }
            pool.settings.screening.blocklistNames[parts[0].lowercased()] = parts[1]
        }
    }
}
