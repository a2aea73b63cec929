// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Reception
import SMTP
import Testing

struct MilterMachineTests {
    private func bytes(_ commands: MilterCommand...) -> ByteBuffer {
        var buffer = ByteBuffer()
        for command in commands { command.write(into: &buffer) }
        return buffer
    }

    private func ready(_ steps: MilterSteps = [], version: UInt32 = 6) -> MilterMachine {
        var machine = MilterMachine()
        #expect(machine.connected() == .write(bytes(.negotiate(.offer(version: 6)))))
        let terms = MilterTerms(version: version, actions: .all, steps: steps)
        #expect(machine.received(.terms(terms)) == .verdict(.proceed))
        return machine
    }

    @Test func tellsAndWaits() {
        var machine = ready()
        let macros = [MilterMacro("j", "relay.example.net")]
        #expect(
            machine.tell(.hello("client"), macros: macros) == .write(bytes(.macros("H", macros), .hello("client")))
        )
        #expect(machine.isWaiting)
        #expect(machine.received(.progress) == .none)
        #expect(machine.isWaiting)
        #expect(machine.received(.proceed) == .verdict(.proceed))
        #expect(!machine.isWaiting)
    }

    @Test(arguments: [
        (
            MilterCommand.connect(name: "unknown", address: nil, port: 0), MilterSteps.noConnect,
            MilterSteps.noReplyToConnect
        ),
        (.hello("client"), .noHello, .noReplyToHello), (.mail(["<>"]), .noMail, .noReplyToMail),
        (.recipient(["<a@b>"]), .noRecipient, .noReplyToRecipient), (.data, .noData, .noReplyToData),
        (.header(name: "A", value: ByteBuffer(string: "b")), .noHeaders, .noReplyToHeader),
        (.endOfHeaders, .noEndOfHeaders, .noReplyToEndOfHeaders),
        (.body(ByteBuffer(string: "x")), .noBody, .noReplyToBody),
    ])
    func whatTheFilterDoesNotWantIsNotSaid(command: MilterCommand, unwanted: MilterSteps, unanswered: MilterSteps) {
        var machine = ready(unwanted)
        #expect(machine.tell(command) == .proceed(ByteBuffer()))
        // why: macros may be wanted at a later event.
        let macros = [MilterMacro("i", "ABC")]
        #expect(machine.tell(command, macros: macros) == .proceed(bytes(.macros(command.letter, macros))))
        machine = ready(unanswered)
        #expect(machine.tell(command) == .proceed(bytes(command)))
        machine = ready()
        #expect(machine.tell(command) == .write(bytes(command)))
    }

    @Test func anOldFilterDoesNotHearOfData() {
        var machine = ready(version: 2)
        #expect(machine.tell(.data) == .proceed(ByteBuffer()))
    }

    @Test func skipEndsEventsOfItsKindOnly() {
        var machine = ready(.skip)
        _ = machine.tell(.body(ByteBuffer(string: "1")))
        #expect(machine.received(.skip) == .verdict(.proceed))
        #expect(!machine.wantsBody)
        #expect(machine.tell(.body(ByteBuffer(string: "2"))) == .proceed(ByteBuffer()))
        #expect(machine.tell(.endOfBody) == .write(bytes(.endOfBody)))
        #expect(machine.received(.proceed) == .verdict(.proceed))
        machine.messageBegins()
        #expect(machine.wantsBody)
    }

    @Test func acceptIsForTheConnectionOrForTheMessage() {
        var machine = ready()
        _ = machine.tell(.hello("client"))
        #expect(machine.received(.accept) == .verdict(.proceed))
        #expect(!machine.isInterested)
        #expect(machine.tell(.mail(["<>"])) == .verdict(.proceed))
        machine.messageBegins()
        #expect(!machine.isInterested)
        machine = ready()
        _ = machine.tell(.recipient(["<a@b>"]))
        #expect(machine.received(.accept) == .verdict(.proceed))
        #expect(machine.tell(.data) == .verdict(.proceed))
        machine.messageBegins()
        #expect(machine.tell(.mail(["<>"])) == .write(bytes(.mail(["<>"]))))
    }

    @Test(arguments: [
        (MilterResponse.reject, Reply.milterRejected), (.tempfail, .milterUnavailable),
        (.reply(Reply(554, EnhancedStatus(5, 7, 1), "Spam")), Reply(554, EnhancedStatus(5, 7, 1), "Spam")),
    ])
    func refusals(response: MilterResponse, reply: Reply) {
        var machine = ready()
        _ = machine.tell(.connect(name: "unknown", address: nil, port: 0))
        #expect(machine.received(response) == .verdict(.refuse(reply)))
        // why: a client that was refused is refused for good.
        #expect(machine.tell(.hello("client")) == .verdict(.refuse(reply)))
        machine = ready()
        _ = machine.tell(.recipient(["<a@b>"]))
        #expect(machine.received(response) == .verdict(.refuse(reply)))
        #expect(machine.tell(.recipient(["<c@d>"])) == .write(bytes(.recipient(["<c@d>"]))))
        #expect(machine.received(.proceed) == .verdict(.proceed))
        _ = machine.tell(.endOfHeaders)
        #expect(machine.received(response) == .verdict(.refuse(reply)))
        #expect(!machine.isInterested)
    }

    @Test(arguments: [MilterResponse.reject, .tempfail])
    func aMessageThatWasRefusedStaysRefused(response: MilterResponse) {
        var machine = ready()
        _ = machine.tell(.data)
        let refusal = machine.received(response)
        // why: the client may say DATA again, and must not get past the filter that way.
        #expect(machine.tell(.data) == refusal)
        #expect(!machine.isInterested)
        #expect(machine.abort() == bytes(.abort))
        #expect(machine.tell(.data) == .write(bytes(.data)))
    }

    @Test func discardNeedsAMessage() {
        var machine = ready()
        _ = machine.tell(.hello("client"))
        #expect(machine.received(.discard) == .verdict(.proceed))
        #expect(machine.isInterested)
        _ = machine.tell(.mail(["<>"]))
        #expect(machine.received(.discard) == .verdict(.discard))
    }

    @Test func changesComeBehindTheMessageOnly() {
        var machine = ready()
        let edit = MilterEdit.addHeader(name: "X-Seen", value: ByteBuffer(string: "yes"))
        _ = machine.tell(.endOfBody)
        #expect(machine.received(.edit(edit)) == .edit(edit))
        #expect(machine.isWaiting)
        #expect(machine.received(.proceed) == .verdict(.proceed))
        machine = ready()
        _ = machine.tell(.data)
        #expect(
            machine.received(.edit(edit))
                == .failed("unexpected filter response SMFIR_ADDHEADER after event SMFIC_DATA")
        )
    }

    @Test func aBadHandshakeFails() {
        var machine = MilterMachine(version: 4)
        _ = machine.connected()
        #expect(
            machine.received(.terms(MilterTerms(version: 6, actions: .all, steps: [])))
                == .failed("protocol version 6 conflict with MTA protocol version 4")
        )
        machine = MilterMachine()
        _ = machine.connected()
        #expect(
            machine.received(.proceed) == .failed("unexpected reply \"SMFIR_CONTINUE\" in initial handshake")
        )
        #expect(machine.received(.proceed) == .none)
    }

    @Test func nothingAskedNothingAnswered() {
        var machine = ready()
        #expect(
            machine.received(.proceed)
                == .failed("unexpected filter response SMFIR_CONTINUE while nothing was asked")
        )
        machine = ready()
        machine.failed()
        #expect(machine.received(.reject) == .none)
        #expect(machine.tell(.data) == .proceed(ByteBuffer()))
        #expect(machine.quit() == nil)
        #expect(machine.abort() == nil)
    }

    @Test func abortAndQuit() {
        var machine = ready()
        #expect(machine.abort() == bytes(.abort))
        #expect(machine.quit() == bytes(.quit))
        #expect(machine.quit() == nil)
    }

    @Test func macrosAreTheFiltersChoiceWhereItHasOne() {
        var machine = MilterMachine()
        _ = machine.connected()
        var terms = MilterTerms(version: 6, actions: .all, steps: [])
        terms.macros[.mail] = ["{client_addr}"]
        _ = machine.received(.terms(terms))
        #expect(machine.macros(at: .mail, configured: MilterMacros.standard) == ["{client_addr}"])
        #expect(machine.macros(at: .data, configured: MilterMacros.standard) == ["i"])
    }
}
