// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

struct ClientEncryptionTests {
    private let offer = Reply(250, nil, lines: ["mx.example.net", "SIZE 1000", "STARTTLS"])
    private let bare = Reply(250, nil, lines: ["mx.example.net", "PIPELINING"])
    private let go = Reply(220, EnhancedStatus(2, 0, 0), "Ready to start TLS")

    private func greeted(_ encryption: ClientEncryption) -> DialogueMachine {
        var machine = DialogueMachine(hostname: "relay.example.net", encryption: encryption)
        _ = machine.received(Reply(220, nil, "mx.example.net ESMTP"))
        return machine
    }

    private func written(_ action: DialogueMachine.Action) -> String {
        if case .write(let bytes) = action { return String(buffer: bytes) }
        return "\(action)"
    }

    @Test(arguments: [ClientEncryption.may, .required])
    func encryptsWhereItIsOfferedAndForgetsWhatWasSaidBefore(encryption: ClientEncryption) {
        var machine = greeted(encryption)
        #expect(written(machine.received(offer)) == "STARTTLS\r\n")
        #expect(machine.step == .startTLS)
        #expect(machine.received(go) == .startTLS)
        #expect(written(machine.encrypted()) == "EHLO relay.example.net\r\n")
        #expect(machine.isEncrypted && machine.extensions == PeerExtensions())
        #expect(machine.received(offer) == .ready)
        #expect(machine.extensions.sizeLimit == 1_000)
    }

    @Test func neverAsksWhereItIsNotWanted() {
        var machine = greeted(.none)
        #expect(machine.received(offer) == .ready)
    }

    @Test func goesOnInClearTextOnlyWhereItMay() {
        var machine = greeted(.may)
        #expect(machine.received(bare) == .ready)
        machine = greeted(.required)
        #expect(machine.received(bare) == .unusable(.broken(.tlsNotOffered, .startTLS)))
        // A server that knows HELO only.
        machine = greeted(.required)
        _ = machine.received(Reply(502, nil, "no"))
        #expect(machine.received(Reply(250, nil, "hi")) == .unusable(.broken(.tlsNotOffered, .startTLS)))
    }

    @Test(arguments: [454, 502, 554])
    func takesARefusalOfTheCommandByPolicy(code: Int) {
        let refusal = Reply(code, nil, "no")
        var machine = greeted(.may)
        _ = machine.received(offer)
        #expect(machine.received(refusal) == .ready)
        #expect(!machine.isEncrypted)
        machine = greeted(.required)
        _ = machine.received(offer)
        #expect(machine.received(refusal) == .unusable(.refused(refusal, .startTLS)))
    }

    @Test func leavesAServerThatLeaves() {
        let goodbye = Reply(421, nil, "bye")
        var machine = greeted(.may)
        _ = machine.received(offer)
        #expect(machine.received(goodbye) == .unusable(.refused(goodbye, .startTLS)))
    }

    @Test func triesAgainInClearTextAfterAFailedHandshakeWhereItMay() {
        for fault in [DialogueFault.lost, .timedOut] {
            var machine = greeted(.may)
            _ = machine.received(offer)
            _ = machine.received(go)
            #expect(machine.failed(fault) == .retryPlain)
            #expect(machine.failed(.lost) == .none)
            machine = greeted(.required)
            _ = machine.received(offer)
            _ = machine.received(go)
            #expect(machine.failed(fault) == .unusable(.broken(fault, .startTLS)))
        }
        var machine = greeted(.may)
        _ = machine.received(offer)
        _ = machine.received(go)
        #expect(machine.handshakeFailed("x") == .retryPlain)
        machine = greeted(.required)
        _ = machine.received(offer)
        _ = machine.received(go)
        #expect(machine.handshakeFailed("x") == .unusable(.broken(.handshake("x"), .startTLS)))
    }

    @Test func isEncryptedBeforeTheGreeting() {
        var machine = DialogueMachine(hostname: "relay.example.net", encryption: .required)
        #expect(machine.encrypted() == .none)
        #expect(written(machine.received(Reply(220, nil, "hi"))) == "EHLO relay.example.net\r\n")
        #expect(machine.received(bare) == .ready)
        var other = DialogueMachine(hostname: "relay.example.net", encryption: .required)
        #expect(other.handshakeFailed("x") == .unusable(.broken(.handshake("x"), .startTLS)))
    }

    @Test func ignoresWhatComesTooLate() {
        var machine = greeted(.may)
        _ = machine.received(bare)
        #expect(machine.encrypted() == .none)
        #expect(machine.handshakeFailed("x") == .close)
        #expect(machine.encrypted() == .none && machine.handshakeFailed("x") == .none)
    }
}
