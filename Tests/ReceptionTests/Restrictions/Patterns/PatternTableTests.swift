// SPDX-License-Identifier: Apache-2.0

import Reception
import SMTP
import Testing

/// Tables of patterns as text, and what they say of keys.
struct PatternTableTests {
    private func table(_ text: String, _ type: String = "pcre", members: Bool = false) throws -> LookupTable {
        let format = try #require(TableFormat.patterns(type, inPlaceOf: members ? .members : .keys))
        return LookupTable(Array(text.utf8), format: format)
    }

    private func answers(_ text: String, _ type: String = "pcre", to keys: [String]) throws -> [String?] {
        let table = try table(text, type)
        #expect(table.mistakes == [])
        return keys.map { key in
            if case .result(let result) = table.answer(to: key) { result } else { nil }
        }
    }

    @Test(
        arguments: [
            ("/a/ OK", "xAx", "OK"), ("/a/i OK", "A", nil), ("/a/ii OK", "A", "OK"), ("!/a/ OK", "b", "OK"),
            ("!/a/ OK", "a", nil),
            ("!!/a/ OK", "a", "OK"), ("! /a/ OK", "b", "OK"), ("|a|\tOK", "a", "OK"), ("/a\\/b/ OK", "a/b", "OK"),
            ("~a/b~ OK", "a/b", "OK"),
            ("/a b/ OK", "a b", "OK"), ("/a/ REJECT  not\n  you", "a", "REJECT  not you"),
            ("# c\n\n  # d\n/a/ OK\n#e", "a", "OK"),
            ("/b/ OK\n/a/ DUNNO\n/a/ OK", "a", "DUNNO"), ("/^a\\.b$/ OK\r\n", "a.b", "OK"), ("/a/x OK", "a", "OK"),
            ("/a b/x OK", "ab", "OK"),
            ("/b/A OK", "ab", nil), ("/a/imsxEU OK", "a", "OK"), ("\"a\" OK", "a", "OK"),
            ("/a/ OK", "", nil), ("/^$/ OK", "", "OK"), ("//  OK", "anything", "OK"),
        ] as [(String, String, String?)]
    )
    func linesAreRead(text: String, key: String, expected: String?) throws {
        #expect(try answers(text, to: [key]) == [expected])
    }

    @Test(arguments: [
        ("/^(.*)-x@(.*)$/ 550 Use ${1}@$2 instead", "list-x@a.example", "550 Use list@a.example instead"),
        ("/(a)(b)?/ REJECT [$1$(2)]$$1", "a", "REJECT [a]$1"), ("/(.)$/ REJECT $1", "\u{7}", "REJECT ?"),
        ("/(?<n>a+)/ REJECT $1", "baa", "REJECT aa"), ("/(A)/ REJECT $1", "a", "REJECT a"),
        ("/a/ REJECT $$", "a", "REJECT $"),
        ("/(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)/ REJECT ${10}$9", "abcdefghij", "REJECT ji"),
    ])
    func groupsAreFilledIn(text: String, key: String, expected: String) throws {
        #expect(try answers(text, to: [key]) == [expected])
        #expect(try answers("if /./\n\(text)\nendif", to: [key]) == [expected])
    }

    @Test func blocksNest() throws {
        let text = """
            if /example/
            if !/^mail/
            /org$/ 1
            endif
            /org$/ 2
            IF/net$/
            /./ 3
            ENDIF
            endif
            /./ 4
            """
        let keys = ["a.example.org", "mail.example.org", "mail.example.net", "a.example.com", "b"]
        for type in ["pcre", "regexp"] {
            #expect(try answers(text, type, to: keys) == ["1", "2", "3", "4", "4"])
            #expect(try table(text, type).count == 4)
        }
        #expect(try answers("if /a/\nendif\n/b/ OK", to: ["a", "ab"]) == [nil, "OK"])
    }

    @Test(
        arguments: [
            ("/[[:alpha:]]+\\.x/ OK", "ab.x", "OK"), ("/\\<a\\>/ OK", "b a", "OK"), ("/[\\.]/ OK", "\\", "OK"),
            ("/a/i OK", "A", nil),
            ("/(a|ab)/ REJECT $1", "ab", "REJECT ab"), ("/^b/m OK", "a", nil),
        ] as [(String, String, String?)]
    )
    func regexpTablesAreOfPOSIX(text: String, key: String, expected: String?) throws {
        #expect(try answers(text, "regexp", to: [key]) == [expected])
    }

    @Test(arguments: [
        ("pcre", "/a", "no '/' at its end"), ("pcre", "a OK", "is no pattern"), ("pcre", "/a/", "nothing said of it"),
        ("pcre", "! ", "is no pattern"),
        ("pcre", "/a/q OK", "'q' is no flag of a pcre"), ("pcre", "/a/X OK", "flag 'X'"),
        ("regexp", "/a/s OK", "'s' is no flag of a regexp"),
        ("regexp", "/a/x OK", "flag 'x'"), ("regexp", "/a/!/b/ OK", "second pattern"),
        ("pcre", "/(?=a)/ OK", "look-around"),
        ("pcre", "/(/ OK", "the pattern cannot be used: a '(' has no ')'"),
        ("pcre", "/a/ FILTER x", "'FILTER' is not supported"),
        ("pcre", "/a/ REJECT $1", "no group that $1"), ("pcre", "!/(a)/ REJECT $1", "behind '!'"),
        ("pcre", "/(a)/ $1", "may not come from the key"),
        ("pcre", "/(a)/ 5$1 no", "may not come"), ("pcre", "/(a)/ REJECT $a", "names no group"),
        ("pcre", "/(a)/ REJECT $1a", "'$1a' names no group"),
        ("pcre", "/(a)/ REJECT $0", "names no group"), ("pcre", "/(a)/ REJECT ${1", "'${1' has no '}'"),
        ("pcre", "/a/ REJECT $", "names no group"),
        ("pcre", "/a/ REJECT $21", "from $1 to $20"), ("pcre", "/a/ 550 4.7.1 $$", "does not belong"),
        ("pcre", "endif", "'endif' has no 'if'"),
        ("pcre", "if /a/", "'if' has no 'endif'"), ("pcre", "if /a/\n  /b/ OK\nendif", "begin without white space"),
        ("pcre", "if\nendif", "is no pattern"), ("pcre", "if /a/\nendif x", "unexpected 'x' after 'endif'"),
        ("pcre", "/caf\u{E9}/ OK", "printable"),
        ("pcre", "\\a\\ OK", "is no pattern"), ("pcre", "/a{1000}{2}/ OK", "repeated"),
        ("pcre", "/[/]/ OK", "']' is no flag"),
    ])
    func mistakesAreNamed(type: String, text: String, part: String) throws {
        let mistakes = try table("# c\n" + text, type).mistakes
        #expect(mistakes.contains { $0.message.contains(part) && $0.line >= 2 }, "\(mistakes)")
    }

    @Test func aWrongConditionStillHasItsEnd() throws {
        let mistakes = try table("/a/ OK\nif /(/\n/b/ OK\nendif\nif /c/\n").mistakes
        #expect(mistakes.map(\.line) == [2, 5])
    }

    @Test func depthAndSizeAreBounded() throws {
        let deep = String(repeating: "if /a/\n", count: AccessLimits.patternDepth + 1)
        #expect(
            try table(deep + String(repeating: "endif\n", count: AccessLimits.patternDepth + 1)).mistakes.count == 1
        )
        let large = String(repeating: "/a{900}/ OK\n", count: AccessLimits.patternInstructions / 900 + 2)
        #expect(try table(large).mistakes.first?.message.contains("too large") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func aLookupEndsWithinItsSteps() throws {
        let hostile = String(repeating: "a", count: 2_000) + "!"
        #expect(try table("/^(a+)+$/ OK").answer(to: hostile) == .nothing)
        let many = try table(String(repeating: "/(a{1,20}){1,20}b/ OK\n", count: 90) + "/./ DUNNO")
        #expect(many.mistakes == [])
        #expect(many.answer(to: hostile) == .tooLong)
        #expect(many.answer(to: "c") == .result("DUNNO"))
    }

    @Test func membersHaveAnyResult() throws {
        let table = try table("/^[^@]+@a\\.example$/ anything $$ at all\n!/@/ $1", members: true)
        #expect(table.mistakes.map(\.line) == [2])
        #expect(table.answer(to: "X@A.example") == .result("anything $ at all"))
        #expect(TableFormat.patterns("pcre", inPlaceOf: .replies) == nil)
        #expect(TableFormat.patterns("hash", inPlaceOf: .keys) == nil)
    }

    @Test func linesOfTheListItselfAreATable() throws {
        let format = try #require(TableFormat.patterns("regexp", inPlaceOf: .keys))
        let name = TableName(type: "regexp", lines: ["if /a/", "/b/ REJECT", "endif"], format: format)
        #expect(name.description == "regexp:{{if /a/}, {/b/ REJECT}, {endif}}")
        #expect(name.inlineTable?.answer(to: "ab") == .result("REJECT"))
        #expect(LookupTable(lines: ["/a/ OK", "b OK", "if /a/"], format: format).mistakes.map(\.line) == [2, 3])
    }
}
