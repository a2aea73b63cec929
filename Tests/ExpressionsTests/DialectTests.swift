// SPDX-License-Identifier: Apache-2.0
// why: what depends on dialect and options, over several files of the room.

import Expressions
import Testing

/// Expressions as tables write them: two dialects, options, and reasons for what is refused.
@Suite struct DialectTests {
    @Test(arguments: [
        ("^a+$", "aaa", true), ("^a+$", "aaa\n", false), ("a.b", "a\nb", true), ("[[:alpha:]]+\\.x", "ab.x", true),
        ("[\\.]", "\\", true), ("[\\.]", ".", true), ("[^\\]x", "\\x", false), ("\\<mail\\>", "a mail.", true),
        ("\\<mail\\>", "email", false), ("\\<mail\\>", "mails", false), ("\\bmail\\B", "mails", true),
        ("\\w+\\W\\s\\S", "a. b", true), ("^(ab|cd){2}$", "abcd", true), ("a\\{2", "a{2", true), ("^a||c$", "", true),
        ("[a-c-]", "-", true), ("[]x]", "]", true), ("^[^]]$", "a", true), ("\\@\\/", "@/", true),
    ])
    func posixExpressionsAreFound(text: String, key: String, isThere: Bool) throws {
        let expression = try ByteExpression(Array(text.utf8), dialect: .posix)
        #expect(expression.isFound(in: Array(key.utf8)) == isThere)
    }

    @Test(
        arguments: [
            ("a", .ignoresCase, "A", true), ("a", [], "A", false), ("[b-d]", .ignoresCase, "C", true),
            ("\\x61", .ignoresCase, "A", true), ("[[:upper:]]", .ignoresCase, "a", true),
            ("(?-i)a", .ignoresCase, "A", false),
            ("a.b", .dotTakesNewline, "a\nb", true), ("(?-s)a.b", .dotTakesNewline, "a\nb", false),
            ("^b", .isMultiline, "a\nb", true), ("^$", .isMultiline, "a\n", false), ("a$", .isMultiline, "a\nb", true),
            ("a$", .dollarIsEnd, "a\n", false), ("a$", [.dollarIsEnd, .isMultiline], "a\n", true),
            ("b", .isAnchored, "ab", false), ("a|b", .isAnchored, "ab", true), ("c|b", .isAnchored, "ab", false),
            ("a b", .isExtended, "ab", true), ("a b", .isExtended, "a b", false), ("a\\ b", .isExtended, "a b", true),
        ] as [(String, ExpressionOptions, String, Bool)]
    )
    func optionsCount(text: String, options: ExpressionOptions, key: String, isThere: Bool) throws {
        let expression = try ByteExpression(Array(text.utf8), dialect: .perl, options: options)
        #expect(expression.isFound(in: Array(key.utf8)) == isThere)
    }

    @Test(
        arguments: [
            (.perl, "(?=a)", "look-around ('(?=')"), (.perl, "(?<!a)b", "look-around ('(?<!')"),
            (.perl, "(?>a)", "atomic groups"), (.perl, "a*+", "possessive"),
            (.perl, "(a)\\1", "back references ('\\1')"),
            (.perl, "a**", "repeated"), (.perl, "*a", "nothing to repeat"), (.perl, "(a", "'(' has no ')'"),
            (.perl, "a)", "')' has no '('"), (.perl, "[a", "'[' has no ']'"), (.perl, "\\q", "'\\q' is not understood"),
            (.perl, "[[:nope:]]", "'[:nope:]' is no class"), (.perl, "(a{100}){100}", "too long"),
            (.perl, "a{1001}", "'{1001}' repeats more than 1000 times"),
            (.perl, "[z-a]", "'z-a' ends before it begins"),
            (.perl, "(?k)a", "'k' behind '(?'"), (.posix, "(?i)a", "'(?' is of PCRE"),
            (.posix, "\\d", "'\\d' is not understood in a POSIX expression"), (.posix, "(a)\\1", "back references"),
            (.posix, "a*?", "a repetition is repeated"), (.posix, "a{x", "write '\\{'"),
            (.posix, "^*a", "nothing to repeat"),
            (.posix, "\\`a", "not understood"), (.posix, "[[=a=]]", "collating elements"),
            (.posix, "a\\", "escapes nothing"),
        ] as [(ExpressionDialect, String, String)]
    )
    func theReasonIsTold(dialect: ExpressionDialect, text: String, part: String) {
        let mistake = #expect(throws: ExpressionMistake.self) {
            try ByteExpression(Array(text.utf8), dialect: dialect)
        }
        #expect(mistake?.message.contains(part) == true, "\(mistake?.message ?? "")")
    }

    @Test func groupsAreCounted() throws {
        for (text, count) in [("a", 0), ("(a)(?:b)((c))", 3), ("(?<x>a)(?P<y>b)(?i)(?i:c)", 2)] {
            #expect(try ByteExpression(Array(text.utf8), dialect: .perl).groupCount == count)
        }
    }
}
