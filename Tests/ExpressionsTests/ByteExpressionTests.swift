// SPDX-License-Identifier: Apache-2.0

import Expressions
import Testing

@Suite struct ByteExpressionTests {
    @Test(arguments: [
        ("220", "x220", true), ("220", "22", false), ("^220", "x220", false), ("^220[ -]", "220-a", true),
        ("", "", true),
        ("220.*ESMTP", "220 a ESMTP", true), ("220.*ESMTP", "220 a\nESMTP", false),
        ("(?s)220.*ESMTP", "220 a\nESMTP", true),
        ("220.*\\n", "220 hi\r\n", true), ("\\+PONG\\r\\n$", "+PONG\r\n", true), ("PONG$", "PONG\n", true),
        ("PONG$", "PONG\nx", false),
        ("PONG\\z", "PONG\n", false), ("PONG\\Z", "PONG\n", true), ("\\Aa", "ba", false), ("a$", "a\n\n", false),
        ("^2[0-9]{2}", "250", true), ("^2[0-9]{2}", "25x", false), ("^a{2,3}$", "a", false), ("^a{2,3}$", "aaa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaaa", true), ("a{x", "a{x", true), ("^a{,2}", "a{,2}", true),
        ("^(ab|cd)+$", "abcdab", true),
        ("^(ab|cd)+$", "abc", false), ("^(ab||c)$", "", true), ("^(?:a|b|c)$", "c", true), ("(?i)esmtp", "ESMTP", true),
        ("(?i:e)s", "Es", true),
        ("(?i:e)s", "ES", false), ("((?i)e)s", "ES", false), ("[^a]", "a", false), ("[]a]", "]", true),
        ("[a-]", "-", true),
        ("[[:digit:]x]+$", "1x", true), ("[\\d.]", ".", true), ("[\\]]", "]", true),
        ("\\d\\D\\w\\W\\s\\S", "1aa  a", true),
        ("\\bmail\\b", "a mail.", true), ("\\bmail\\b", "email", false), ("\\Bmail", "email", true),
        ("\\x41\\x7a", "Az", true),
        ("a*?b", "aab", true), ("(a*)*b", "ab", true), ("(?<name>a)b", "ab", true), ("(?P<name>a)b", "ab", true),
        ("^é{2}$", "éé", true),
        ("^.{2}$", "é", true), ("\\.", "x", false), ("a\\/b", "a/b", true), ("(){1000}x", "x", true),
        ("((){1000}){1000}", "", true),
        ("[^\\n]\\n", "a\n", true), ("(?i)[^a]", "A", false),
        ("^\\Qa.b\\E+$", "a.bb", true), ("\\Qa.b", "axb", false), ("\\\\Q", "\\Q", true), ("(?m)^b$", "a\nb\nc", true),
        ("(?x) a b +", "abb", true), ("(?x) [ ] \\ ", "  ", true), ("(?U)a", "a", true), ("^a|b", "xb", true),
        ("(?i)^a", "A", true), ("(?:^a|^b)c", "xac", false), ("(?:^a|^b)c", "bc", true), ("^a\n?$", "a\nb", false),
        ("(^a)+b", "ab", true), ("a{0}b", "b", true),
    ])
    func finds(text: String, answer: String, isThere: Bool) throws {
        let expression = try #require(ByteExpression(Array(text.utf8)))
        let bytes = Array(answer.utf8)
        #expect(expression.isFound(in: bytes) == isThere)
        for size in [1, 2, 7] {
            var search = ByteExpression.Search(expression)
            var isFound = search.isFound(adding: [])
            for start in stride(from: 0, to: bytes.count, by: size) {
                isFound = search.isFound(adding: bytes[start..<min(start + size, bytes.count)])
            }
            #expect(isFound == isThere, "in pieces of \(size)")
        }
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[a", "[z-a]", "[[:nope:]]", "*", "a**", "a*+", "+", "\\", "(a)\\1", "(?=a)", "(?!a)",
        "(?<=a)", "(?<!a)", "(?>a)", "(?i",
        "a{2}{3}", "{2}", "a{99999999999999999999}", "\\012", "(?x)a # b", "(?^i)a", "[[.a.]]", "[[:a", "(?#a)", "\\g1",
        "a{3,2}", "a{1001}", "(a{100}){100}", "\\q", "\\x4", "\\k<a>", "(?<>a)",
    ])
    func isNone(text: String) {
        #expect(ByteExpression(Array(text.utf8)) == nil)
    }

    @Test func groupsAreBounded() {
        let deep =
            Array(repeating: UInt8(ascii: "("), count: 100_000) + Array(repeating: UInt8(ascii: ")"), count: 100_000)
        #expect(ByteExpression(deep) == nil)
    }

    /// An answer that a backtracking search needs a minute or an age for.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("220.*ready.*ESMTP", "220 ready "), ("(a+)+b", "a"), ("^(a|a)*$b", "a"), ("220(.*)*.*x.*y", "220x"),
        ]
    )
    func takesNoLongerThanTheAnswer(text: String, piece: String) throws {
        let count = 16_384
        let bytes = Array(String(repeating: piece, count: count / piece.utf8.count).utf8)
        var search = ByteExpression.Search(try #require(ByteExpression(Array(text.utf8))))
        var isFound = false
        for byte in bytes { isFound = search.isFound(adding: [byte]) || isFound }
        #expect(!isFound)
    }
}
