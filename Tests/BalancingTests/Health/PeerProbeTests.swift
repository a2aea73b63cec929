// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Statistics
import Support
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PeerProbeTests {
    private final class Lines: Sendable {
        let storage = Mutex<[String]>([])
        /// Without the times.
        var lines: [String] {
            storage.withLock { $0 }.map { line in
                line.split(separator: " ms ", maxSplits: 1).last.map(String.init) ?? line
            }
        }
    }

    private func probe(_ peer: ScriptedPeer, proxy: Int? = nil, timeout: Int = 10_000) async throws -> (Bool, [String])
    {
        let lines = Lines()
        let isHealthy = try await PeerProbe.run(
            host: "127.0.0.1",
            port: peer.port,
            proxyVersion: proxy,
            hello: "EHLO probe",
            timeout: timeout,
            say: { line in lines.storage.withLock { $0.append(line) } }
        )
        return (isHealthy, lines.lines)
    }

    @Test func showsTheDialogue() async throws {
        let peer = try await ScriptedPeer(extensions: ["SIZE"])
        let (isHealthy, lines) = try await probe(peer)
        #expect(isHealthy)
        #expect(
            lines.dropLast() == [
                "<- 220 peer.example ESMTP", "-> EHLO probe", "<- 250-peer.example", "<- 250 SIZE", "-> QUIT",
                "<- 221 2.0.0 Bye",
            ]
        )
        #expect(lines.last?.hasPrefix("healthy: L7OK (Layer7 check passed) 221: 2.0.0 Bye, ") == true)
        await peer.shutDown()
    }

    @Test func aNameWithoutAddressIsSaidInWords() async throws {
        let lines = Lines()
        let isHealthy = try await PeerProbe.run(
            host: "no-such-host.invalid",
            port: 25,
            proxyVersion: nil,
            hello: "EHLO probe",
            timeout: 10_000,
            say: { line in lines.storage.withLock { $0.append(line) } }
        )
        #expect(!isHealthy)
        let start = "not healthy: L4CON (Layer4 connection problem): no address found for no-such-host.invalid, "
        #expect(lines.storage.withLock { $0 }.first?.hasPrefix(start) == true)
    }

    @Test func namesTheHeaderThatIsNotExpected() async throws {
        let peer = try await ScriptedPeer()
        let (isHealthy, lines) = try await probe(peer, proxy: 1)
        #expect(!isHealthy)
        #expect(lines.first?.hasPrefix("-> PROXY TCP4 127.0.0.1 127.0.0.1 ") == true)
        #expect(lines.contains { $0.hasPrefix("not healthy: L7STS (Layer7 wrong status) 502: 5.5.2 Error") })
        #expect(lines.last?.contains("does not expect the PROXY header; drop send-proxy here or set ") == true)
        #expect(peer.commands.last == "QUIT")
        await peer.shutDown()
    }

    @Test func namesTheHeaderThatMayBeMissing() async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .greeting ? .hang : nil }
        let (isHealthy, lines) = try await probe(peer, timeout: 50)
        #expect(!isHealthy)
        #expect(lines.first?.hasPrefix("not healthy: L7TOUT (Layer7 timeout):  at step 1 of smtpchk") == true)
        #expect(lines.last?.hasSuffix("says nothing; if it expects a PROXY header, add send-proxy here") == true)
        #expect(peer.commands == [])
        await peer.shutDown()
    }

    @Test func nobodyThere() async throws {
        let peer = try await ScriptedPeer()
        await peer.shutDown()
        let (isHealthy, lines) = try await probe(peer)
        #expect(!isHealthy)
        #expect(lines.last?.hasPrefix("not healthy: L4CON (Layer4 connection problem): Connection refused, ") == true)
    }

    /// Which checks begin with a header: those of a server that gets one, unless they go to another port.
    @Test(
        arguments: [
            (nil, false, false, false), (.v1, false, false, true), (.v1, true, false, false), (.v1, true, true, true),
            (nil, false, true, true),
        ] as [(ProxyHeaderVersion?, Bool, Bool, Bool)]
    )
    func headers(version: ProxyHeaderVersion?, otherPort: Bool, asks: Bool, expected: Bool) async throws {
        let peer = try await ScriptedPeer()
        let dead = try DeadPort()
        let server = Bench.server("m1", otherPort ? dead.number : peer.port) {
            $0.check = true
            $0.checkInterval = 20_000
            $0.sendProxy = version
            $0.checkPort = otherPort ? peer.port : nil
            $0.checksSendProxy = asks
        }
        let settings = Bench.settings(servers: [server]) { _, backend in
            backend.logsHealthChecks = true
            backend.checkMethod = .smtp(hello: "HELO localhost")
        }
        try await Bench.run(settings) { bench in
            _ = try await bench.journal.line(containing: "Health check for server bk/m1")
            #expect(peer.commands.contains("HELO localhost"))
            #expect(peer.commands.contains { $0.hasPrefix("PROXY TCP4 127.0.0.1 127.0.0.1 ") } == expected)
        }
        await peer.shutDown()
    }

    /// What `show stat` and the log say, by what the server says.
    @Test(
        arguments: [
            ("220 hi", "L7OK", 221, "2.0.0 Bye", "Layer7 check passed, code: 221, info: \"2.0.0 Bye\"", "3/3 UP"),
            (
                "421 4.3.2 busy", "L7STS", 421, "4.3.2 busy", "Layer7 wrong status, code: 421, info: \"4.3.2 busy\"",
                "0/2 DOWN"
            ),
            ("hello?", "L7RSP", nil, "hello?", "Layer7 invalid response, info: \"hello?\"", "0/2 DOWN"),
            (
                "421 4.3.2 No system resources", "L7STS", 421,
                "4.3.2 No system resources; server expects a PROXY header: add send-proxy",
                "Layer7 wrong status, code: 421, info: \"4.3.2 No system resources\"", "0/2 DOWN"
            ),
        ] as [(String, String, Int?, String, String, String)]
    )
    func statuses(
        greeting: String,
        status: String,
        code: Int?,
        text: String,
        reason: String,
        progress: String
    ) async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .greeting ? .reply(greeting) : nil }
        let server = Bench.server("m1", peer.port) {
            $0.check = true
            $0.checkInterval = 20_000
        }
        let settings = Bench.settings(servers: [server]) { _, backend in
            backend.logsHealthChecks = true
            backend.checkMethod = .smtp(hello: "HELO localhost")
        }
        try await Bench.run(settings) { bench in
            let line = try await bench.journal.line(containing: "Health check for server bk/m1").message
            #expect(line.contains(", reason: \(reason), check duration: "))
            #expect(line.hasSuffix("ms, status: \(progress)."))
            let check = try #require(bench.row("m1")?.check)
            #expect(check.status == status)
            #expect(check.code == code)
            #expect(check.text == text)
            let advice = "expects a PROXY header and got none"
            if text.contains(";") {
                // It is a line of its own, after the one above.
                #expect(try await bench.journal.line(containing: advice).severity == .warning)
            }
            #expect(bench.journal.records.count { $0.message.contains(advice) } == (text.contains(";") ? 1 : 0))
        }
        await peer.shutDown()
    }
}
