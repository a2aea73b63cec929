// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling
import Support
import Testing

@Suite struct CourierTests {
    @Test func deliversAMessageAndSaysSoAsPostfixDoes() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.log.lines(with: "removed").count == 1 })
        #expect(
            fixture.log.lines == [
                "relaybox/qmgr: \(id): from=<s@a.example>, size=21, nrcpt=1 (queue active)",
                "relaybox/smtp: \(id): to=<r@b.example>, relay=127.0.0.1[127.0.0.1]:\(peer.port), delay=0, "
                    + "delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 1234)",
                "relaybox/qmgr: \(id): removed",
            ]
        )
        #expect(fixture.log.all.allSatisfy { $0.queueID == id.description })
        #expect(
            peer.messages == [
                .init(sender: "s@a.example", recipients: ["r@b.example"], body: "Subject: x\r\n\r\nhello\r\n")
            ]
        )
        #expect(fixture.spool.messages.isEmpty)
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        await fixture.end()
        await peer.shutDown()
    }

    @Test func manyMessagesArriveOnceEach() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        for number in 0..<500 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(Set(peer.messages.map { $0.recipients[0] }).count == 500)
        #expect(peer.messages.count == 500)
        #expect(peer.mostConnections <= 20)
        #expect(await eventually { fixture.courier.statistics.sent.value == 500 })
        await fixture.end()
        await peer.shutDown()
    }
}
