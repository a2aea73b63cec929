// SPDX-License-Identifier: Apache-2.0
// why: one table each for the small files of Client.

import Control
import NIOCore
import Testing

@Suite struct ClientTests {
    private func lines(_ text: String, chunk: Int) -> [AnswerLines.Line] {
        var reader = AnswerLines()
        var lines: [AnswerLines.Line] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            lines += reader.take(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        return lines + reader.finish()
    }

    @Test(arguments: [1, 2, 7, .max])
    func errorsAreToldFromAnswers(chunk: Int) {
        func line(_ text: String, _ isError: Bool = false) -> AnswerLines.Line { .init(text: text, isError: isError) }
        #expect(lines("\na\nb\n\n", chunk: chunk) == [line("a"), line("b")])
        #expect(lines("\n\n", chunk: chunk) == [])
        #expect(lines("\n[3]:No such server.\n\n", chunk: chunk) == [line("No such server.", true)])
        #expect(
            lines("\na\n\n[3]:x\ny\n\nb\n\n", chunk: chunk)
                == [line("a"), line(""), line("x", true), line("y", true), line(""), line("b")]
        )
        #expect(lines("\n[6]:fine\n\n", chunk: chunk) == [line("fine")])
        #expect(lines("\nx\n[3]:no start\n\n", chunk: chunk) == [line("x"), line("[3]:no start")])
        #expect(lines("\nunfinished", chunk: chunk) == [line("unfinished")])
    }

    @Test(arguments: [1, 2, 7, .max])
    func wholeAnswersAreCounted(chunk: Int) {
        for (text, count) in [
            ("", 0), ("\n", 1), ("\na", 1), ("\na\n", 1), ("\na\n\n", 2), ("\n\n\n", 3), ("\n[3]:x\n\n", 2),
        ] {
            var reader = AnswerLines()
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                _ = reader.take(ByteBuffer(bytes: rest.prefix(chunk)))
                rest = rest.dropFirst(chunk)
            }
            _ = reader.finish()
            #expect(reader.answers == count, "\(text)")
        }
    }

    @Test(arguments: [1, 2, 7, .max])
    func whatIsNoUTF8StaysWhatItIs(chunk: Int) {
        var reader = AnswerLines()
        var lines: [AnswerLines.Line] = []
        var rest: ArraySlice<UInt8> = [0x0A, 0x7C, 0xE9, 0xFF, 0x00, 0x1B, 0x0A, 0x7C, 0xC3, 0x0A, 0x0A]
        while !rest.isEmpty {
            lines += reader.take(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        #expect((lines + reader.finish()).map(\.bytes) == [[0x7C, 0xE9, 0xFF, 0x00, 0x1B], [0x7C, 0xC3]])
    }

    @Test(
        arguments: [
            ("/run/relaybox/stats.sock", StatsAddress.unix(path: "/run/relaybox/stats.sock")),
            ("unix@s.sock", .unix(path: "s.sock")), ("127.0.0.1:9999", .ip(host: "127.0.0.1", port: 9_999)),
            ("[::1]:9999", .ip(host: "::1", port: 9_999)), ("ipv6@::1:9999", .ip(host: "::1", port: 9_999)),
            ("ipv4@relay:1", .ip(host: "relay", port: 1)),
            ("relay", nil), ("relay:0", nil), ("relay:70000", nil), (":1", nil), ("", nil),
        ] as [(String, StatsAddress?)]
    )
    func addresses(text: String, address: StatsAddress?) {
        #expect(StatsAddress(text) == address)
    }

    @Test(arguments: [
        (["list", "json"], ["queue list json"]),
        (["delete", "6000000000001", "x y"], [#"queue delete 6000000000001 x\ y"#]),
        (["hold", "ALL", "sender", "<>"], ["queue hold ALL sender <>"]),
    ])
    func queueCommands(words: [String], commands: [String]) {
        #expect(QueueCommand.commands(words) == commands)
    }

    @Test(arguments: [
        (["--sender", "a@b", "--dry-run"], ["sender", "a@b", "dry-run"]), (["--older=5m"], ["older", "5m"]),
        (["--sender", "--json"], ["sender", "--json"]), (["--sender="], ["sender", ""]),
        (["sender", "--odd"], ["sender", "--odd"]), (["ALL", "json"], ["ALL", "json"]),
    ])
    func optionsBecomeWords(words: [String], plain: [String]) throws {
        #expect(try QueueCommand.withoutDashes(words) == plain)
    }

    @Test(arguments: ["--sendr", "--dry-run=x", "--", "---", "--="])
    func unknownOptionsAreToldBeforeAnythingIsSent(word: String) {
        if word == "--" {
            #expect((try? QueueCommand.withoutDashes([word])) == ["--"])
        } else {
            #expect(throws: QueueCommand.OptionError.self) { try QueueCommand.withoutDashes([word]) }
        }
    }

    @Test func manyIdsMakeManyCommands() {
        let ids = (0..<450).map { "6\(100_000_000_000 + $0)" }
        let commands = QueueCommand.commands(["delete"] + ids + ["dry-run"])
        #expect(commands.map { $0.split(separator: " ").count } == [203, 203, 53])
        #expect(commands.allSatisfy { $0.hasSuffix(" dry-run") && $0.utf8.count < 16_384 })
    }

    @Test func listsAreSpacedLikeMailq() {
        var printer = QueueCommand.Printer(verb: "list", isJSON: false)
        let input = [
            "----Queue ID----- x", "6000000000001 a", "   b", "6000000000002 c", "(why)", "   d", "-- 1 Kbytes",
        ]
        #expect(
            input.flatMap { printer.lines(for: Array($0.utf8)) }.map { String(decoding: $0, as: UTF8.self) } == [
                "----Queue ID----- x", "6000000000001 a", "   b", "", "6000000000002 c", "(why)", "   d", "",
                "-- 1 Kbytes",
            ]
        )
    }

    @Test func messagesGetTheirEmptyLinesBack() {
        var printer = QueueCommand.Printer(verb: "show", isJSON: false)
        let output = ["size: 1", "|Subject: x", "|", "|hello"].flatMap { printer.lines(for: Array($0.utf8)) }
        #expect(output == ["size: 1", "", "Subject: x", "", "hello"].map { Array($0.utf8) })
    }

    @Test(arguments: [
        (999, "999", "999"), (9_999, "9999", "9.7K"), (12_345, "12.3k", "12.0K"), (123_456, "123k", "120K"),
        (4_500_000, "4.5M", "4.2M"), (-1, "-1", "-1"),
    ])
    func numbersArePutShort(number: Int, count: String, bytes: String) {
        #expect(ReadableNumber.count(number) == count)
        #expect(ReadableNumber.bytes(number) == bytes)
    }

    @Test(arguments: [("a,b,", ["a", "b", ""]), (#"a,"b,""c""",d"#, ["a", #"b,"c""#, "d"]), ("", [""])])
    func commaSeparatedFields(line: String, fields: [String]) {
        #expect(CommaSeparated.fields(of: line) == fields)
    }

    @Test func theTableShowsEverything() throws {
        let operations = Fixtures.operations(spool: ListedSpool(count: 1))
        let answer = (Fixtures.run("show info", operations) + "\n" + Fixtures.run("show stat", operations))
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let table = try #require(StatsTable(answer: answer))
        let text = table.text(colours: false)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "relaybox 0.1.0 on relay_one, pid 4711, up 1d1h")
        #expect(lines[2].hasPrefix("spool: ok, 0 queued"))
        #expect(lines[4].hasPrefix("PROXY    SERVER    STATUS"))
        #expect(lines[5].hasPrefix("ft_smtp  FRONTEND  OPEN"))
        #expect(lines[7].hasPrefix("         m2        DOWN"))
        #expect(lines[6].contains("L7OK/221 1ms"))
        #expect(!text.contains("\u{1B}"))
        #expect(table.text(colours: true).contains("\u{1B}[31mDOWN"))
    }

    @Test func somethingElseIsNoTable() {
        #expect(StatsTable(answer: ["SSH-2.0-OpenSSH"]) == nil)
    }
}
