// SPDX-License-Identifier: Apache-2.0

import Expressions
import Testing

/// What groups match: PCRE's answers, and glibc's for POSIX.
@Suite struct CapturesTests {
    private func groups(_ text: String, _ key: String, _ dialect: ExpressionDialect, _ options: ExpressionOptions = [])
        throws -> [String?]?
    {
        let expression = try ByteExpression(Array(text.utf8), dialect: dialect, options: options, captures: 9)
        let bytes = Array(key.utf8)
        let places = expression.captures(in: bytes)
        #expect((places != nil) == expression.isFound(in: bytes))
        return places.map { $0.map { range in range.map { String(decoding: bytes[$0], as: UTF8.self) } } }
    }

    @Test(
        arguments: [
            ("^(.*)-outgoing@(.*)$", "list-outgoing@example.org", ["list", "example.org"]),
            ("(a+)(a+)", "aaa", ["aa", "a"]), ("(a+?)(a+)", "aaa", ["a", "aa"]),
            ("(a|ab)(c|bcd)(d*)", "abcd", ["a", "bcd", ""]),
            ("(a)|(b)", "b", [nil, "b"]), ("x(a)?y", "xy", [nil]), ("(a|b)*c", "abc", ["b"]),
            ("(a(b)?)+", "aba", ["a", "b"]),
            ("(.)(.)$", "abc", ["b", "c"]), ("b(.)", "abcbd", ["c"]), ("()a", "ba", [""]),
            ("(?:a)(?<n>b)(c)", "abc", ["b", "c"]),
            ("(a{2,3})(a*)", "aaaaa", ["aaa", "aa"]), ("(a{2,3}?)(a*)", "aaaaa", ["aa", "aaa"]),
            ("((a)(b))", "ab", ["ab", "a", "b"]),
            ("(\\w+)\\n?$", "ab\n", ["ab"]), ("(a|b|ab)(c|$)", "ab", ["ab", ""]),
        ] as [(String, String, [String?])]
    )
    func perlPrefersTheFirst(text: String, key: String, expected: [String?]) throws {
        #expect(try groups(text, key, .perl) == expected)
    }

    @Test(
        arguments: [
            ("^(.*)-outgoing@(.*)$", "list-outgoing@example.org", ["list", "example.org"]), ("(a|ab)", "ab", ["ab"]),
            ("(a|ab)(c|bcd)?", "abcd", ["a", "bcd"]), ("(a)|(b)", "b", [nil, "b"]),
            ("(b|bc)x|(bcd)", "abcd", [nil, "bcd"]),
            ("(a|b)", "ba", ["b"]), ("(a*)(a*)", "aa", ["aa", ""]),
        ] as [(String, String, [String?])]
    )
    func posixPrefersTheLongest(text: String, key: String, expected: [String?]) throws {
        #expect(try groups(text, key, .posix) == expected)
    }

    @Test func aGroupThatIsRepeatedWithNothingKeepsWhatItHad() throws {
        // why: PCRE says "" here, after one more round in which it takes nothing.
        #expect(try groups("(a*)*$", "baa", .perl) == ["aa"])
    }

    @Test func laziness() throws {
        #expect(try groups("(a+)(a+)", "aaa", .perl, .isLazy) == ["a", "a"])
        #expect(try groups("(a+?)(a+)", "aaa", .perl, .isLazy) == ["aa", "a"])
        #expect(try groups("(?U)(a+)", "aaa", .perl) == ["a"])
    }

    @Test func whatIsNotThereHasNoGroups() throws {
        #expect(try groups("(a)", "b", .perl) == nil)
        #expect(try groups("^(a)", "ba", .posix) == nil)
        #expect(
            try ByteExpression(Array("(a)(b)".utf8), dialect: .perl, captures: 1).captures(in: [0x61, 0x62])?.count == 1
        )
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["^(a+)+$", "(a*)*b", "((a|aa)+)+c"])
    func hostileTextsAreBounded(text: String) throws {
        let expression = try ByteExpression(Array(text.utf8), dialect: .perl, captures: 2)
        #expect(
            expression.captures(in: Array(repeating: UInt8(ascii: "a"), count: 20_000) + [UInt8(ascii: "!")]) == nil
        )
    }
}
