// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import ProxyProtocol
import Reception
import Support
import Testing

/// Files that change while the pool runs.
struct TableShelfTests {
    private static let settings = [
        (name: "postscreen_access_list", value: "cidr:/list"), (name: "postscreen_denylist_action", value: "drop"),
    ]

    /// The first reply that a new client of the same pool gets.
    private func greeting(_ session: TestSession) throws -> String {
        let channel = EmbeddedChannel(loop: session.loop)
        try channel.connect(to: SocketAddress(ipAddress: "203.0.113.9", port: 25)).wait()
        let source = try SocketAddress(ipAddress: "192.0.2.1", port: 4_243)
        var bytes = ByteBuffer()
        ProxyHeaderEncoder(version: .v2)
            .encode(ProxyHeader(command: .proxy, source: source, destination: source), into: &bytes)
        session.receiver.receive(channel, header: bytes)
        let reply = try channel.readOutbound(as: ByteBuffer.self).map {
            String(buffer: $0.getSlice(at: 0, length: 3) ?? $0)
        }
        // why: finishing the channel would cancel the timers of the loop they share.
        channel.close(promise: nil)
        session.loop.run()
        return reply ?? ""
    }

    private func session(_ content: String) throws -> (TestSession, ScriptedFiles) {
        let tables = ScriptedFiles()
        tables.write(content, to: "/list")
        return (try TestSession(TableShelfTests.settings, client: "198.51.100.1", tables: tables), tables)
    }

    private func told(_ session: TestSession) -> [String] {
        session.log.lines.filter { $0.contains("/list") }
    }

    @Test func aChangedFileCountsForTheNextClient() throws {
        let (session, tables) = try session("192.0.2.0/24 permit\n")
        #expect(try greeting(session) == "220")
        tables.write("192.0.2.0/24 reject\n", to: "/list")
        #expect(try greeting(session) == "220")
        session.loop.advanceTime(by: .seconds(1))
        #expect(try greeting(session) == "521")
        #expect(told(session) == ["relaybox/smtpd: /list has changed: 1 entries are in force"])
        try session.finish()
    }

    @Test func anUnchangedFileIsReadOnce() throws {
        let (session, tables) = try session("192.0.2.0/24 permit\n")
        for _ in 0..<20 { _ = try greeting(session) }
        session.loop.advanceTime(by: .seconds(100))
        #expect(tables.reads == 1)
        try session.finish()
    }

    @Test func aWrongOrLostFileKeepsTheTableAndIsToldOnce() throws {
        let (session, tables) = try session("192.0.2.0/24 reject\n")
        tables.write("192.0.2.0/24 permit\nwrong\n", to: "/list")
        session.loop.advanceTime(by: .seconds(10))
        #expect(try greeting(session) == "521")
        tables.remove("/list")
        session.loop.advanceTime(by: .seconds(10))
        #expect(try greeting(session) == "521")
        tables.write("192.0.2.0/24 permit\n", to: "/list")
        tables.fail(with: "/list: no descriptor left")
        session.loop.advanceTime(by: .seconds(10))
        #expect(try greeting(session) == "521")
        // why: what could not be read is tried again though it did not change.
        tables.fail(with: nil)
        session.loop.advanceTime(by: .seconds(1))
        #expect(try greeting(session) == "220")
        let kept = "what was read before stays in force"
        #expect(
            told(session) == [
                "relaybox/smtpd: warning: /list:2: 'wrong' is not a network: write it like 192.0.2.0/24 or 2001:db8::/32: "
                    + kept,
                "relaybox/smtpd: warning: /list: absent: \(kept)",
                "relaybox/smtpd: warning: /list: no descriptor left: \(kept)",
                "relaybox/smtpd: /list has changed: 1 entries are in force",
            ]
        )
        try session.finish()
    }

    @Test func aFileThatIsBeingWrittenIsReadAgain() throws {
        let (session, tables) = try session("192.0.2.0/24 permit\n")
        tables.write("198.51.100.0/25 dunno\n", to: "/list")
        tables.append(afterNextRead: "192.0.2.0/24 reject\n")
        session.loop.advanceTime(by: .seconds(1))
        #expect(told(session) == [])
        session.loop.advanceTime(by: .seconds(1))
        #expect(try greeting(session) == "521")
        #expect(told(session) == ["relaybox/smtpd: /list has changed: 2 entries are in force"])
        try session.finish()
    }

    @Test func aReloadReadsWhatIsNewAndForgetsWhatIsNotNamed() throws {
        let (session, tables) = try session("192.0.2.0/24 reject\n")
        tables.write("192.0.2.0/24 permit\n", to: "/other")
        var settings = PoolSettings(name: "test")
        settings.accessList = [.table(path: "/other")]
        settings.denylistAction = .drop
        session.receiver.reload(settings)
        #expect(try greeting(session) == "220")
        tables.remove("/list")
        session.loop.advanceTime(by: .seconds(5))
        #expect(told(session) == [])
        tables.write("192.0.2.0/24 reject\n", to: "/other")
        session.loop.advanceTime(by: .seconds(1))
        #expect(try greeting(session) == "521")
        try session.finish()
    }
}
