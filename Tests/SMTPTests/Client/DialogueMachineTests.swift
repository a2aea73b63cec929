// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

/// A dialogue with a machine: what the server says, and what the machine does then, in one line each.
@Suite struct DialogueMachineTests {
    static let offers = Reply(250, lines: ["mx", "PIPELINING", "SIZE 1000", "8BITMIME"])
    static let ok = Reply(250, nil, "Ok")
    static let go = Reply(354, nil, "go")
    static let no = Reply(550, EnhancedStatus(5, 1, 1), "no")
    static let later = Reply(451, nil, "later")
    static let leaving = Reply(421, nil, "leaving")

    static func transaction(_ recipients: Int = 1, size: Int = 100, eightBit: Bool = false)
        -> DialogueMachine.Transaction
    {
        DialogueMachine.Transaction(
            sender: "s@a",
            recipients: (0..<recipients).map { "r\($0)@b" },
            size: size,
            eightBit: eightBit
        )
    }

    /// A machine that is ready, with or without extensions.
    static func ready(_ hello: Reply? = offers) -> DialogueMachine {
        var machine = DialogueMachine(hostname: "me")
        _ = machine.received(Reply(220, nil, "mx"))
        if let hello {
            _ = machine.received(hello)
        } else {
            _ = machine.received(Reply(502, nil, "what?"))
            _ = machine.received(Reply(250, nil, "mx"))
        }
        return machine
    }

    static func text(_ action: DialogueMachine.Action) -> String {
        switch action {
        case .none: "none"
        case .write(let bytes): String(buffer: bytes)
        case .ready: "ready"
        case .sendBody: "body"
        case .finish(let verdicts, let next):
            "finish \(verdicts.map(text).joined(separator: ",")) \(text(next))"
        case .stale: "stale"
        case .unusable(let verdict): "unusable \(text(verdict))"
        case .startTLS: "handshake"
        case .retryPlain: "plain"
        case .close: "close"
        }
    }

    static func text(_ next: DialogueMachine.Next) -> String {
        switch next {
        case .ready: "ready"
        case .write(let bytes): String(buffer: bytes)
        case .close: "close"
        }
    }

    static func text(_ verdict: Verdict) -> String {
        switch verdict {
        case .accepted(let reply): "accepted(\(reply.code))"
        case .refused(let reply, let step): "refused(\(reply.code) \(step))"
        case .tooLarge(let limit): "tooLarge(\(limit))"
        case .broken(.lost, let step): "lost(\(step))"
        case .broken(.timedOut, let step): "timedOut(\(step))"
        case .broken(.malformed(let text), let step): "malformed(\(text) \(step))"
        case .broken(.tooLong(let limit), let step): "tooLong(\(limit) \(step))"
        case .broken(.unexpected(let reply), let step): "unexpected(\(reply.code) \(step))"
        case .broken(.tlsNotOffered, let step): "tlsNotOffered(\(step))"
        case .broken(.handshake(let reason), let step): "handshake(\(reason) \(step))"
        }
    }

    // MARK: greeting and hello

    @Test func greetsWithEHLOAndFallsBackToHELO() {
        var machine = DialogueMachine(hostname: "me.example")
        #expect(machine.step == .greeting)
        #expect(Self.text(machine.received(Reply(220, lines: ["one", "two"]))) == "EHLO me.example\r\n")
        #expect(machine.step == .ehlo)
        #expect(Self.text(machine.received(Reply(500, nil, "?"))) == "HELO me.example\r\n")
        #expect(machine.step == .helo)
        #expect(Self.text(machine.received(Self.ok)) == "ready")
        #expect(machine.step == nil)
        #expect(machine.isReady)
        #expect(machine.extensions == PeerExtensions())
    }

    @Test(arguments: [
        ([554], "unusable refused(554 greeting)"),
        ([421], "unusable refused(421 greeting)"),
        ([354], "unusable unexpected(354 greeting)"),
        ([220, 421], "unusable refused(421 ehlo)"),
        ([220, 354], "unusable unexpected(354 ehlo)"),
        ([220, 451, 550], "unusable refused(550 helo)"),
        ([220, 500, 421], "unusable refused(421 helo)"),
    ])
    func aServerThatTakesNoMailIsUnusable(_ codes: [Int], _ expected: String) {
        var machine = DialogueMachine(hostname: "me")
        var last = ""
        for code in codes { last = Self.text(machine.received(Reply(code, nil, "x"))) }
        #expect(last == expected)
        #expect(machine.step == nil)
        #expect(machine.begin(Self.transaction()) == .stale)
    }

    @Test(arguments: [
        (0, "greeting"), (1, "ehlo"), (2, "helo"),
    ])
    func breakingBeforeTheFirstTransactionIsUnusable(_ replies: Int, _ step: String) {
        for (fault, name) in [(DialogueFault.lost, "lost"), (.timedOut, "timedOut")] {
            var machine = DialogueMachine(hostname: "me")
            if replies > 0 { _ = machine.received(Reply(220, nil, "mx")) }
            if replies > 1 { _ = machine.received(Reply(500, nil, "?")) }
            #expect(Self.text(machine.failed(fault)) == "unusable \(name)(\(step))")
        }
    }

    // MARK: transactions

    @Test func pipelinesTheWholeEnvelopeInOneWrite() {
        var machine = Self.ready()
        #expect(
            Self.text(machine.begin(Self.transaction(2, eightBit: true)))
                == "MAIL FROM:<s@a> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<r0@b>\r\nRCPT TO:<r1@b>\r\nDATA\r\n"
        )
        #expect(machine.step == .mail)
        #expect(machine.received(Self.ok) == .none)
        #expect(machine.step == .recipient)
        #expect(machine.received(Self.ok) == .none)
        #expect(machine.received(Self.ok) == .none)
        #expect(machine.step == .data)
        #expect(machine.received(Self.go) == .sendBody)
        #expect(machine.step == .body)
        machine.bodySent()
        #expect(machine.step == .endOfData)
        #expect(Self.text(machine.received(Self.ok)) == "finish accepted(250),accepted(250) ready")
        #expect(machine.isReady)
    }

    @Test func withoutPipeliningEachCommandWaitsForItsReply() {
        var machine = Self.ready(nil)
        #expect(Self.text(machine.begin(Self.transaction(2, eightBit: true))) == "MAIL FROM:<s@a>\r\n")
        #expect(Self.text(machine.received(Self.ok)) == "RCPT TO:<r0@b>\r\n")
        #expect(Self.text(machine.received(Self.no)) == "RCPT TO:<r1@b>\r\n")
        #expect(Self.text(machine.received(Self.ok)) == "DATA\r\n")
        #expect(machine.received(Self.go) == .sendBody)
        machine.bodySent()
        #expect(Self.text(machine.received(Self.ok)) == "finish refused(550 recipient),accepted(250) ready")
    }

    struct Dialogue: Sendable, CustomStringConvertible {
        let name: String
        var recipients = 1
        var isPipelined = true
        /// Codes the server answers; 0: the body has been sent.
        let codes: [Int]
        let end: String
        var description: String { name }
    }

    static let dialogues: [Dialogue] = [
        Dialogue(name: "MAIL refused", codes: [550, 503, 503], end: "finish refused(550 mail) RSET\r\n"),
        Dialogue(name: "MAIL deferred", codes: [451, 503, 503], end: "finish refused(451 mail) RSET\r\n"),
        Dialogue(
            name: "MAIL refused, lockstep",
            isPipelined: false,
            codes: [550],
            end: "finish refused(550 mail) RSET\r\n"
        ),
        Dialogue(
            name: "MAIL refused, 354 all the same",
            codes: [550, 503, 354, 554],
            end: "finish refused(550 mail) ready"
        ),
        Dialogue(
            name: "MAIL refused, RCPT and DATA taken",
            codes: [550, 250, 354],
            end: "finish refused(550 mail) close"
        ),
        Dialogue(
            name: "one RCPT refused",
            recipients: 2,
            codes: [250, 550, 250, 354, 0, 250],
            end: "finish refused(550 recipient),accepted(250) ready"
        ),
        Dialogue(
            name: "all RCPT refused",
            recipients: 2,
            codes: [250, 550, 451, 554],
            end: "finish refused(550 recipient),refused(451 recipient) RSET\r\n"
        ),
        Dialogue(
            name: "all RCPT refused, 354 all the same",
            recipients: 2,
            codes: [250, 550, 451, 354, 554],
            end: "finish refused(550 recipient),refused(451 recipient) ready"
        ),
        Dialogue(
            name: "all RCPT refused, lone dot taken",
            codes: [250, 550, 354, 250],
            end: "finish refused(550 recipient) ready"
        ),
        Dialogue(
            name: "all RCPT refused, lockstep",
            recipients: 2,
            isPipelined: false,
            codes: [250, 550, 451],
            end: "finish refused(550 recipient),refused(451 recipient) RSET\r\n"
        ),
        Dialogue(
            name: "DATA refused",
            recipients: 2,
            codes: [250, 250, 550, 451],
            end: "finish refused(451 data),refused(550 recipient) RSET\r\n"
        ),
        Dialogue(name: "DATA answered with 250", codes: [250, 250, 250], end: "finish unexpected(250 data) close"),
        Dialogue(name: "MAIL answered with 354", codes: [354], end: "finish unexpected(354 mail) close"),
        Dialogue(name: "RCPT answered with 354", codes: [250, 354], end: "finish unexpected(354 recipient) close"),
        Dialogue(name: "421 to MAIL", codes: [421], end: "finish refused(421 mail) close"),
        Dialogue(
            name: "421 to RCPT",
            recipients: 2,
            codes: [250, 550, 421],
            end: "finish refused(550 recipient),refused(421 recipient) close"
        ),
        Dialogue(name: "421 to DATA", codes: [250, 250, 421], end: "finish refused(421 data) close"),
        Dialogue(
            name: "refused while the body goes out",
            codes: [250, 250, 354, 552],
            end: "finish refused(552 body) close"
        ),
        Dialogue(
            name: "421 while the body goes out",
            codes: [250, 250, 354, 421],
            end: "finish refused(421 body) close"
        ),
        Dialogue(
            name: "250 while the body goes out",
            codes: [250, 250, 354, 250],
            end: "finish unexpected(250 body) close"
        ),
        Dialogue(
            name: "final dot refused",
            codes: [250, 250, 354, 0, 554],
            end: "finish refused(554 endOfData) ready"
        ),
        Dialogue(
            name: "421 to the final dot",
            codes: [250, 250, 354, 0, 421],
            end: "finish refused(421 endOfData) close"
        ),
        Dialogue(
            name: "354 to the final dot",
            codes: [250, 250, 354, 0, 354],
            end: "finish unexpected(354 endOfData) close"
        ),
        Dialogue(name: "421 to the lone dot", codes: [250, 550, 354, 421], end: "finish refused(550 recipient) close"),
    ]

    @Test(arguments: dialogues)
    func everyRecipientGetsItsVerdict(_ dialogue: Dialogue) {
        var machine = Self.ready(dialogue.isPipelined ? Self.offers : nil)
        _ = machine.begin(Self.transaction(dialogue.recipients))
        var last = ""
        for (index, code) in dialogue.codes.enumerated() {
            guard code != 0 else {
                machine.bodySent()
                continue
            }
            last = Self.text(machine.received(Reply(code, nil, "x")))
            if last == ".\r\n" || index == dialogue.codes.count - 1 { continue }
            #expect(!last.hasPrefix("finish"), "finished early")
        }
        #expect(last == dialogue.end)
        if dialogue.end.hasSuffix("RSET\r\n") {
            #expect(machine.step == .reset)
            #expect(!machine.isReady)
            #expect(machine.received(Self.ok) == .ready)
        }
        #expect(machine.isReady == !dialogue.end.hasSuffix("close"))
    }

    @Test func aLoneDotEndsDataThatNobodyWanted() {
        var machine = Self.ready()
        _ = machine.begin(Self.transaction())
        _ = machine.received(Self.ok)
        _ = machine.received(Self.no)
        #expect(Self.text(machine.received(Self.go)) == ".\r\n")
        #expect(machine.step == .endOfData)
    }

    @Test(arguments: [
        (0, "lost(mail)"), (1, "lost(recipient)"), (2, "lost(data)"), (3, "lost(body)"), (4, "lost(endOfData)"),
    ])
    func breakingInATransactionLeavesEveryoneWithoutAnswer(_ events: Int, _ expected: String) {
        var machine = Self.ready()
        _ = machine.begin(Self.transaction())
        for reply in [Self.ok, Self.ok, Self.go].prefix(events) { _ = machine.received(reply) }
        if events == 4 { machine.bodySent() }
        #expect(Self.text(machine.failed(.lost)) == "finish \(expected) close")
        #expect(machine.failed(.lost) == .none)
        #expect(machine.received(Self.ok) == .none)
        #expect(machine.quit() == .close)
    }

    @Test func faultsKeepTheVerdictsThatAreKnown() {
        for (fault, name) in [
            (DialogueFault.timedOut, "timedOut(recipient)"), (.malformed("x"), "malformed(x recipient)"),
            (.tooLong(limit: 5), "tooLong(5 recipient)"),
        ] {
            var machine = Self.ready()
            _ = machine.begin(Self.transaction(2))
            _ = machine.received(Self.ok)
            _ = machine.received(Self.no)
            #expect(Self.text(machine.failed(fault)) == "finish refused(550 recipient),\(name) close")
        }
    }

    // MARK: kept connections

    static func deliver(_ machine: inout DialogueMachine) {
        _ = machine.begin(transaction())
        for reply in [ok, ok, go] { _ = machine.received(reply) }
        machine.bodySent()
        _ = machine.received(ok)
    }

    @Test func takesTheNextTransactionAfterTheLast() {
        var machine = Self.ready()
        for _ in 0..<3 { Self.deliver(&machine) }
        #expect(machine.isReady)
        #expect(Self.text(machine.quit()) == "QUIT\r\n")
        #expect(machine.step == .quit)
        #expect(machine.quit() == .none)
        #expect(machine.received(Reply(221, nil, "bye")) == .close)
    }

    @Test func aKeptConnectionThatWasDeadGivesTheTransactionBack() {
        for end in ["lost", "421"] {
            var machine = Self.ready()
            Self.deliver(&machine)
            _ = machine.begin(Self.transaction())
            #expect((end == "lost" ? machine.failed(.lost) : machine.received(Self.leaving)) == .stale)
        }
        var machine = Self.ready()
        Self.deliver(&machine)
        _ = machine.begin(Self.transaction())
        _ = machine.received(Self.ok)
        #expect(Self.text(machine.failed(.lost)) == "finish lost(recipient) close")
    }

    @Test func aTimeoutOnAKeptConnectionIsAResult() {
        var machine = Self.ready()
        Self.deliver(&machine)
        _ = machine.begin(Self.transaction())
        #expect(Self.text(machine.failed(.timedOut)) == "finish timedOut(mail) close")
    }

    @Test func anAnswerToNoQuestionEndsTheConnection() {
        for reply in [Self.ok, Self.leaving] {
            var machine = Self.ready()
            #expect(machine.received(reply) == .close)
            #expect(machine.begin(Self.transaction()) == .stale)
        }
    }

    @Test func afterAFailedResetTheConnectionIsOfNoUse() {
        var machine = Self.ready()
        _ = machine.begin(Self.transaction())
        for code in [550, 503, 503] { _ = machine.received(Reply(code, nil, "x")) }
        #expect(machine.begin(Self.transaction()) == .stale)
        #expect(machine.received(Self.later) == .close)
    }

    @Test func aMessageTooLargeForTheServerIsNotOffered() {
        var machine = Self.ready()
        #expect(
            Self.text(machine.begin(Self.transaction(2, size: 1001))) == "finish tooLarge(1000),tooLarge(1000) ready"
        )
        #expect(machine.isReady)
        #expect(Self.text(machine.begin(Self.transaction(size: 1000))).hasPrefix("MAIL"))
    }

    @Test func aTransactionWithoutRecipientsIsGivenBack() {
        var machine = Self.ready()
        #expect(machine.begin(Self.transaction(0)) == .stale)
        #expect(machine.isReady)
    }

    // MARK: any order of events

    @Test(arguments: 0..<200)
    func noOrderOfEventsTraps(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var machine = DialogueMachine(hostname: "me")
        for _ in 0..<200 {
            var action = DialogueMachine.Action.none
            switch random.next() % 12 {
            case 0: action = machine.begin(Self.transaction(Int(random.next() % 4)))
            case 1: machine.bodySent()
            case 2: if random.next() % 10 == 0 { action = machine.failed(.lost) }
            case 3: if random.next() % 10 == 0 { action = machine.quit() }
            default:
                let codes = [220, 250, 250, 250, 250, 354, 354, 421, 451, 550, 250, 500]
                action = machine.received(Reply(codes[Int(random.next() % 12)], nil, "x"))
            }
            if case .finish(let verdicts, _) = action { #expect(verdicts.count <= 3) }
        }
        machine.abandon()
        #expect(machine.step == nil)
        #expect(machine.received(Self.ok) == .none)
        #expect(machine.failed(.lost) == .none)
    }
}

/// A small seeded generator, so that a failing order of events can be had again.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
