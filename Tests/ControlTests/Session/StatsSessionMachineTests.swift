// SPDX-License-Identifier: Apache-2.0

import Control
import NIOCore
import Support
import Testing

@Suite struct StatsSessionMachineTests {
    private func machine(limit: Int = 100) -> StatsSessionMachine {
        StatsSessionMachine(level: .admin, timeout: 10_000, maximumLineLength: limit)
    }

    /// Feeds `input` in pieces, answers every command with its own words, and returns what the client sees; `<close>` and
    /// `<wait>` tell how the session stands.
    private func dialogue(
        _ input: String,
        chunk: Int = .max,
        endOfFile: Bool = false,
        limit: Int = 100
    ) -> String {
        var machine = machine(limit: limit)
        var seen = ""
        var rest = Array(input.utf8)[...]
        while !rest.isEmpty || endOfFile {
            machine.received(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
            if rest.isEmpty, endOfFile { machine.inputClosed() }
            loop: while true {
                switch machine.next() {
                case .wait: break loop
                case .close: return seen + "<close>"
                case .refuse(let text): return seen + text + "<close>"
                case .execute(let words):
                    switch words.first {
                    case "prompt": seen += machine.finished(.togglePrompt)
                    case "quit": seen += machine.finished(.quit)
                    default: seen += "[" + words.joined(separator: " ") + "]\n" + machine.finished()
                    }
                }
            }
            if rest.isEmpty { break }
        }
        return seen + "<wait>"
    }

    @Test(arguments: [
        // One line, then the end.
        ("show info\n", "[show info]\n\n<close>"),
        ("show info\r\n", "[show info]\n\n<close>"),
        ("a;b\n", "[a]\n\n[b]\n\n<close>"),
        ("a\nb\n", "[a]\n\n[b]\n\n<close>"),
        ("a;\n", "[a]\n\n[]\n\n<close>"),
        ("\n", "[]\n\n<close>"),
        // No newline, no answer.
        ("show info", "<wait>"),
        ("a\nb", "[a]\n\n<wait>"),
        ("quit\n", "<close>"),
        ("quit;a\n", "<close>"),
        ("a\0b\n", "[a]\n\n<close>"),
        // Every answer of a dialogue ends with the prompt.
        ("prompt\n", "\n> <wait>"),
        ("prompt\na\n", "\n> [a]\n\n> <wait>"),
        ("prompt;a\n", "\n> [a]\n\n> <wait>"),
        ("prompt\na;b\nquit\n", "\n> [a]\n\n> [b]\n\n> <close>"),
        ("prompt\nprompt\na\n", "\n> \n[a]\n\n<close>"),
    ])
    func framing(input: String, seen: String) {
        #expect(dialogue(input) == seen)
    }

    @Test(arguments: [1, 2, 7])
    func aDialogueSurvivesAnySplit(chunk: Int) {
        let seen = dialogue("prompt\nshow info;show stat\r\nquit\n", chunk: chunk)
        #expect(seen == "\n> [show info]\n\n> [show stat]\n\n> <close>")
    }

    @Test(arguments: [1, 2, 7])
    func aBatchEndsWithItsFirstLineWhenTheRestIsLate(chunk: Int) {
        #expect(dialogue("aa\nbb\n", chunk: chunk).hasPrefix("[aa]\n\n"))
    }

    @Test(arguments: [("a", "<close>"), ("a\nb", "[a]\n\n<close>"), ("", "<close>"), ("prompt\n", "\n> <close>")])
    func endOfFileWithoutNewlineHasNoAnswer(input: String, seen: String) {
        #expect(dialogue(input, endOfFile: true) == seen)
    }

    @Test(arguments: [1, 7, .max])
    func longLinesAreRefused(chunk: Int) {
        let seen = dialogue(String(repeating: "x", count: 50), chunk: chunk, limit: 10)
        #expect(seen == "Command line longer than 10 bytes.\n<close>")
    }

    @Test func aLineOfTheLimitIsTaken() {
        #expect(dialogue("0123456789\n", limit: 10) == "[0123456789]\n\n<close>")
    }

    @Test func nothingIsHandedOutWhileACommandRuns() {
        var machine = machine()
        machine.received(ByteBuffer(string: "a;b\n"))
        #expect(machine.next() == .execute(["a"]))
        #expect(machine.next() == .wait)
        _ = machine.finished()
        #expect(machine.next() == .execute(["b"]))
    }

    @Test func levelsOnlyFall() {
        var machine = machine()
        machine.received(ByteBuffer(string: "user;operator\n"))
        _ = machine.next()
        _ = machine.finished(.lower(.user))
        #expect(machine.level == .user)
        _ = machine.next()
        _ = machine.finished(.lower(.operator))
        #expect(machine.level == .user)
    }

    @Test func changesStay() {
        var machine = machine()
        machine.received(ByteBuffer(string: "a;b\n"))
        _ = machine.next()
        _ = machine.finished(.timeout(60_000))
        _ = machine.next()
        _ = machine.finished(.severity(.number))
        #expect(machine.timeout == 60_000)
        #expect(machine.severity == .number)
    }

    @Test func lateEventsDoNothing() {
        var machine = machine()
        machine.received(ByteBuffer(string: "a\n"))
        _ = machine.next()
        machine.disconnected()
        #expect(machine.finished() == "")
        machine.received(ByteBuffer(string: "b\n"))
        machine.inputClosed()
        #expect(machine.next() == .close)
        #expect(!machine.wantsInput)
    }

    @Test func anyOrderOfEventsEndsClosed() {
        var generator = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            var machine = machine(limit: 8)
            for _ in 0..<20 {
                switch Int.random(in: 0..<6, using: &generator) {
                case 0:
                    machine.received(
                        ByteBuffer(
                            string: ["a\n", ";", "\n\n", "xxxxxxxxxxxx", "\0", ""].randomElement(using: &generator)
                                ?? ""
                        )
                    )
                case 1: machine.inputClosed()
                case 2: _ = machine.next()
                case 3: _ = machine.finished()
                case 4: _ = machine.finished(.togglePrompt)
                default: _ = machine.wantsInput
                }
            }
            machine.disconnected()
            #expect(machine.next() == .close)
        }
    }
}
