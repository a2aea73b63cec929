// SPDX-License-Identifier: Apache-2.0

/// The argument of MAIL or RCPT, cut into what stands in the angle brackets and the parameters behind it.
///
/// Blanks after the colon and a missing pair of brackets are forgiven, as Postfix forgives them.
struct PathArgument {
    /// Between the angle brackets; empty for `<>`.
    let path: Substring
    /// Whether the client wrote brackets: only then may the path be empty.
    let bracketed: Bool
    /// `KEYWORD` or `KEYWORD=VALUE`, at most `parameterLimit` of them.
    let parameters: [Substring]

    /// More parameters than this in one command are a syntax error.
    static let parameterLimit = 16

    /// - Parameters:
    ///   - argument: everything after the verb.
    ///   - keyword: `FROM` or `TO`.
    init?(_ argument: Substring, keyword: String) {
        // Bytes, not characters: what is looked for is ASCII.
        let word = argument.utf8.drop(while: \.isBlank)
        guard word.count > keyword.utf8.count,
            zip(word, keyword.utf8).allSatisfy({ $0 & 0xDF == $1 }),
            word.dropFirst(keyword.utf8.count).first == UInt8(ascii: ":")
        else { return nil }
        var rest = Substring(word.dropFirst(keyword.utf8.count + 1).drop(while: \.isBlank))
        if rest.utf8.first == UInt8(ascii: "<") {
            guard let close = PathArgument.closingBracket(in: rest) else { return nil }
            path = rest[rest.utf8.index(after: rest.startIndex)..<close]
            rest = rest[rest.utf8.index(after: close)...]
            bracketed = true
            guard rest.isEmpty || rest.utf8.first?.isBlank == true else { return nil }
        } else {
            let end = rest.utf8.firstIndex(where: \.isBlank) ?? rest.endIndex
            path = rest[..<end]
            rest = rest[end...]
            bracketed = false
            guard !path.isEmpty else { return nil }
        }
        parameters = rest.isEmpty ? [] : rest.utf8.split(whereSeparator: \.isBlank).map { Substring($0) }
        guard parameters.count <= PathArgument.parameterLimit else { return nil }
    }

    /// The first `>` outside quotes.
    private static func closingBracket(in text: Substring) -> Substring.Index? {
        var quoted = false
        var escaped = false
        var index = text.utf8.startIndex
        while index < text.utf8.endIndex {
            let byte = text.utf8[index]
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                quoted.toggle()
            } else if byte == UInt8(ascii: ">"), !quoted {
                return index
            }
            index = text.utf8.index(after: index)
        }
        return nil
    }
}
