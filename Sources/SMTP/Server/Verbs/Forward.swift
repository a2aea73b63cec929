// SPDX-License-Identifier: Apache-2.0

/// XFORWARD (Postfix: XFORWARD_README): a filter says whose mail it brings, for the log and for nothing else.
extension SessionMachine {
    static func isForward(_ word: Substring.UTF8View) -> Bool {
        word.count == 8 && word.lazy.map { $0 & 0xDF }.elementsEqual(Array("XFORWARD".utf8))
    }

    mutating func forward(_ argument: Substring) -> Action {
        if case .open = state {
            return refuse(
                Reply(503, EnhancedStatus(5, 5, 1), "Error: MAIL transaction in progress"),
                for: .unknown
            )
        }
        let words = argument.utf8.split(whereSeparator: \.isBlank).map { Substring($0) }
        guard !words.isEmpty else { return refuse(.syntax("XFORWARD attribute=value..."), for: .unknown) }
        var client = forwarded ?? ForwardedClient()
        for word in words {
            guard client.read(word) else {
                return refuse(Reply(501, EnhancedStatus(5, 5, 4), "Error: bad XFORWARD attribute"), for: .unknown)
            }
        }
        forwarded = client
        return .reply(.ok)
    }

    /// What was said of the message that begins now; it counts for that one alone.
    package mutating func takeForwarded() -> ForwardedClient? {
        guard forwarded != nil else { return nil }
        defer { forwarded = nil }
        return forwarded
    }
}
