// SPDX-License-Identifier: Apache-2.0

import Control
import Testing

@Suite struct CommandWordsTests {
    @Test(arguments: [
        ("show info", ["show info"]),
        ("show info;show stat", ["show info", "show stat"]),
        ("show info;", ["show info", ""]),
        ("", [""]),
        (#"a\;b;c"#, [#"a\;b"#, "c"]),
        (#"a\\;b"#, [#"a\\"#, "b"]),
    ])
    func splitsCommands(line: String, commands: [String]) {
        #expect(CommandWords.commands(in: line) == commands)
    }

    @Test(
        arguments: [
            ("  show   cli\tlevel  ", ["show", "cli", "level"]),
            ("", []),
            (#"a\;b"#, ["a;b"]),
            (#"a\ b c"#, ["a b", "c"]),
            (#"a\\b"#, [#"a\b"#]),
            (#"end\"#, ["end"]),
        ] as [(String, [String])]
    )
    func splitsWords(command: String, words: [String]) {
        #expect(CommandWords.words(in: command) == words)
    }

    @Test(arguments: ["plain", "two words", "semi;colon", #"back\slash"#, #"\; "#])
    func escapedWordsComeBack(word: String) {
        let line = "x \(CommandWords.escape(word))"
        #expect(CommandWords.commands(in: line).map(CommandWords.words) == [["x", word]])
    }
}
