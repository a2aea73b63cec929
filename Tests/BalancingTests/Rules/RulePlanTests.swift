// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Testing

/// What rules do to real connections.
@Suite(.timeLimit(.minutes(1)))
struct RulePlanTests {
    private static let local = Condition([[.init([.init(.source, .addresses([0]))])]])
    private static let claimed = Condition([[.init([.init(.source, .addresses([1]))])]])
    private static let spoke = Condition([[.init([.init(.requestLength, .numbers([1...Int.max]))])]])
    private static let busy = Condition(
        [[.init([.init(.counter(.connectionRate, of: .tracked(0, table: nil)), .numbers([3...Int.max]))])]]
    )

    private func settings(
        servers: [ServerSettings] = [Bench.pool()],
        _ change: (inout FrontendSettings, inout BackendSettings) -> Void
    ) -> BalancerSettings {
        var settings = Bench.settings(servers: servers, change)
        settings.addressLists = [
            AddressListSettings(ranges: [AddressRange("127.0.0.0/8")].compactMap { $0 }),
            AddressListSettings(file: "/list", ranges: [AddressRange("192.0.2.0/24")].compactMap { $0 }),
        ]
        var table = StickTableSettings(name: "t", size: 10)
        table.expiry = 60_000
        table.stored = [
            .init(.connections), .init(.connectionRate, period: 60_000), .init(.current), .init(.sessions),
            .init(.bytesOut),
        ]
        settings.tables = [table]
        return settings
    }

    @Test func aPeerIsCutBeforeAnything() async throws {
        try await Bench.run(
            settings { frontend, _ in
                frontend.rules.connection = [Rule(.reject, if: RulePlanTests.local)]
                frontend.binds[0].acceptProxy = true
            }
        ) { bench in
            // The reset may come before the connection is told to stand.
            let client = try? await bench.client()
            try await eventually("closed") { client?.isClosed ?? true }
            #expect(client?.text ?? "" == "")
            try await eventually("counted") { bench.row("FRONTEND", of: "ft")?.statistics.deniedConnections.value == 1 }
            let row = bench.row("FRONTEND", of: "ft")?.statistics
            #expect(row?.sessions.total == 0)
            #expect(row?.requestErrors.value == 0, "no header was waited for")
            #expect(bench.journal.lines == [])
        }
    }

    @Test func aClientIsToldWhyAndAPeerIsNotTheClient() async throws {
        try await Bench.run(
            settings { frontend, _ in
                frontend.rules.connection = [Rule(.reject, if: RulePlanTests.claimed)]
                frontend.rules.session = [Rule(.reject, if: RulePlanTests.claimed, text: "tcp-request session reject")]
                frontend.binds[0].acceptProxy = true
            }
        ) { bench in
            let client = try await bench.client()
            try await client.send("PROXY TCP4 192.0.2.9 198.51.100.1 4444 25\r\n")
            try await client.expect("554 5.7.1 relay.example.net Client host [192.0.2.9] rejected: Access denied\r\n")
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "Connection refused (tcp-request session reject)")
            #expect(line.message.hasPrefix("192.0.2.9:4444 ["))
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.deniedSessions.value == 1)
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.sessions.total == 0)
            let other = try await bench.client()
            try await other.send("PROXY TCP4 198.51.100.9 198.51.100.1 4444 25\r\n")
            try await other.expect("220 198.51.100.9\r\n")
        }
    }

    @Test func onlyWhoIsListedMustSendAHeader() async throws {
        try await Bench.run(
            settings { frontend, _ in frontend.rules.connection = [Rule(.expectProxy, if: RulePlanTests.local)] }
        ) { bench in
            let client = try await bench.client()
            try await client.send("PROXY TCP4 203.0.113.9 198.51.100.1 4444 25\r\n")
            try await client.expect("220 203.0.113.9\r\n")
        }
        try await Bench.run(
            settings { frontend, _ in frontend.rules.connection = [Rule(.expectProxy, if: RulePlanTests.claimed)] }
        ) { bench in
            try await bench.client().expect("220 127.0.0.1\r\n")
        }
    }

    @Test func whoSpeaksTooSoonIsToldSoAndTheOthersWait() async throws {
        try await Bench.run(
            settings { frontend, _ in
                frontend.rules.inspectDelay = 300
                frontend.rules.content = [Rule(.reject, if: RulePlanTests.spoke)]
            }
        ) { bench in
            let patient = try await bench.client()
            let early = try await bench.client()
            try await early.send("EHLO x\r\n")
            try await early.expect("554 5.5.1 relay.example.net Error: protocol error\r\n")
            try await patient.expect("220 127.0.0.1\r\n")
            await early.close()
            _ = try await bench.journal.line(containing: "ft ft/<NOSRV> -1/-1/")
            let line = try await bench.journal.line(containing: " PR ")
            #expect(line.message.contains("ft ft/<NOSRV>"))
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.deniedRequests.value == 1)
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.sessions.total == 2)
        }
    }

    @Test func whatWasInspectedReachesTheServer() async throws {
        let server = try await StubServer()
        try await Bench.run(
            settings(servers: [Bench.server("s", server.port)]) { frontend, _ in
                frontend.rules.inspectDelay = 60_000
                let hello = Condition(
                    [
                        [
                            .init([
                                .init(
                                    .requestPayload(offset: 0, length: 4),
                                    .bytes(.exact, [Array("EHLO".utf8)], ignoresCase: true)
                                )
                            ])
                        ]
                    ]
                )
                frontend.rules.content = [Rule(.accept, if: hello), Rule(.reject)]
            }
        ) { bench in
            let client = try await bench.client()
            try await client.trickle(Array("ehlo x\r\n".utf8))
            try await client.halfClose()
            let wire = try await server.connection()
            try await wire.expect("ehlo x\r\n")
            try await wire.expectEnd()
            let other = try await bench.client()
            try await other.send("GET / HTTP\r\n")
            try await other.expectEnd()
            #expect(other.text == "", "no words without SMTP")
        }
        await server.close()
    }

    @Test func whoComesTooOftenMayComeBack() async throws {
        try await Bench.run(
            settings { frontend, _ in
                frontend.rules.connection = [Rule(.track(0, .init(), table: 0))]
                frontend.rules.session = [Rule(.reject, if: RulePlanTests.busy)]
            }
        ) { bench in
            for _ in 0..<2 {
                let client = try await bench.client()
                try await client.expect("220 127.0.0.1\r\n")
                try await client.send("QUIT\r\n")
                try await client.expectEnd()
                await client.close()
            }
            let third = try await bench.client()
            try await third.expect("421 4.7.0 relay.example.net Client host [127.0.0.1] rejected: try again later\r\n")
            await third.close()
            try await eventually("nobody is counted any more") {
                bench.balancer.tables[0].rows().first?.uses == 0
            }
            let row = bench.balancer.tables[0].rows().first
            #expect(row?.keyText == "127.0.0.1")
            #expect(row?.values.map(\.value) == [3, 3, 0, 2, 48])
            try await bench.balancer.reload(bench.settings)
            #expect(bench.balancer.tables[0].count == 1, "a reload keeps what was counted")
        }
    }

    @Test func aBackendIsChosenAndJudgesForItself() async throws {
        let server = try await StubServer(banner: "220 other\r\n")
        var settings = settings { frontend, backend in
            frontend.rules.switching = [
                SwitchRule("nowhere", if: RulePlanTests.claimed), SwitchRule("other", if: RulePlanTests.local),
            ]
        }
        var other = BackendSettings(name: "other")
        other.servers = [Bench.server("s", server.port)]
        settings.backends.append(other)
        try await Bench.run(settings) { bench in
            try await bench.client().expect("220 other\r\n")
        }
        settings.backends[1].rules.content = [Rule(.reject, if: RulePlanTests.local)]
        settings.backends[1].speaksSMTP = true
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("554 5.7.1 relay.example.net Client host [127.0.0.1] rejected: Access denied\r\n")
            await client.close()
            let line = try await bench.journal.line(containing: " PR ")
            #expect(line.message.contains("ft other/<NOSRV>"))
            #expect(bench.row("BACKEND", of: "other")?.statistics.deniedRequests.value == 1)
        }
        await server.close()
    }

    @Test func aListIsChangedWhileItIsInUse() async throws {
        try await Bench.run(
            settings { frontend, _ in frontend.rules.session = [Rule(.reject, if: RulePlanTests.claimed)] }
        ) { bench in
            try await bench.client().expect("220 127.0.0.1\r\n")
            let loopback = try #require(AddressRange("127.0.0.1"))
            #expect(bench.balancer.addressLists[1].insert(loopback))
            try await bench.client().expect(containing: "554 5.7.1")
            #expect(bench.balancer.addressLists[1].remove(loopback))
            try await bench.client().expect("220 127.0.0.1\r\n")
        }
    }

    @Test func aStopEndsWhoIsInspected() async throws {
        try await Bench.run(
            settings { frontend, _ in
                frontend.rules.inspectDelay = 60_000
                frontend.rules.content = [Rule(.reject, if: RulePlanTests.spoke)]
            }
        ) { bench in
            let client = try await bench.client()
            try await eventually("a session") { bench.balancer.sessions().count == 1 }
            await bench.balancer.shutDown(grace: 5_000)
            try await client.expect(containing: "421 4.3.2")
        }
    }
}
