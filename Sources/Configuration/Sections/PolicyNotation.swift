// SPDX-License-Identifier: Apache-2.0

import Reception

/// Owns the services of `check_policy_service` as text: `inet:HOST:PORT`, `unix:/PATH`, or one with options in braces
/// (Postfix: SMTPD_POLICY_README).
enum PolicyNotation {
    private static let options = [
        "timeout", "max_idle", "max_ttl", "request_limit", "try_limit", "retry_delay", "default_action",
        "policy_context",
    ]

    /// The service that the first items name; takes them away.
    static func service(_ items: inout ArraySlice<Word>, of keyword: Word) throws(Finding) -> PolicyService {
        guard var item = items.popFirst() else {
            throw Finding(at: keyword, "\(keyword.shown) needs a service such as inet:127.0.0.1:10023")
        }
        guard item.text.hasPrefix("{") else { return try service(item) }
        let open = item
        item = item.part(item.text.dropFirst(), at: 1)
        var group: [Word] = []
        while true {
            let closes = item.text.hasSuffix("}")
            if closes { item = item.part(item.text.dropLast(), at: 0) }
            if !item.text.isEmpty { group.append(item) }
            if closes { break }
            guard let next = items.popFirst() else { throw Finding(at: open, "the brace '{' is not closed") }
            item = next
        }
        guard let first = group.first else { throw Finding(at: open, "there is no service between the braces") }
        var service = try service(first)
        for option in group.dropFirst() { service.exceptions.append(try exception(option)) }
        return service
    }

    private static func service(_ word: Word) throws(Finding) -> PolicyService {
        guard ["inet:", "unix:", "inet6:", "local:"].contains(where: word.text.hasPrefix) else {
            throw Finding(at: word, "\(word.shown) is no policy service: write inet:HOST:PORT or unix:/PATH")
        }
        return PolicyService(name: word.text, address: try FilterNotation.address(word))
    }

    private static func exception(_ word: Word) throws(Finding) -> PolicyService.Exception {
        let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Finding(at: word, "\(word.shown) is not an option such as timeout=10s")
        }
        let value = word.part(parts[1], at: parts[0].utf8.count + 1)
        switch parts[0] {
        case "timeout": return .timeout(try time(value))
        case "max_idle": return .idleTime(try time(value))
        case "max_ttl": return .lifetime(try time(value))
        case "retry_delay": return .retryDelay(try time(value))
        case "request_limit": return .requestLimit(try Quantity.integer(value, in: 0...1_000_000))
        case "try_limit": return .tryLimit(try Quantity.integer(value, in: 1...10))
        case "default_action": return .defaultAction(try action(value))
        case "policy_context": return .context(value.text)
        default:
            throw Finding(
                at: word,
                "unknown option \(String(parts[0]).shown)\(NearestWord.hint(for: String(parts[0]), among: options))"
            )
        }
    }

    /// An action as an access table has it.
    static func action(_ word: Word, text: String? = nil) throws(Finding) -> String {
        let text = text ?? word.text
        if let mistake = PolicyManner.mistake(in: text) { throw Finding(at: word, mistake) }
        return text
    }

    private static func time(_ word: Word) throws(Finding) -> Int {
        try Quantity.time(word, unit: .seconds, in: 1_000...Quantity.longestTime)
    }
}
