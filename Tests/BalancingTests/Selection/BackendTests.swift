// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Statistics
import Synchronization
import Testing

/// What a backend must keep count of while servers come, go and fill up under its sessions.
@Suite(.timeLimit(.minutes(1)))
struct BackendTests {
    private static let greeting = "220 127.0.0.1\r\n"

    /// A pool that serves one session at once and was in maintenance until now, so that it comes up slowly.
    private static func rising(_ slowStart: Int, _ body: (Bench) async throws -> Void) async throws {
        var server = Bench.pool()
        server.maximumConnections = 4
        server.slowStart = slowStart
        try await Bench.run(Bench.settings(servers: [server])) { bench in
            try bench.balancer.set(server: "here", of: "bk", to: .maintenance)
            try bench.balancer.set(server: "here", of: "bk", to: .ready)
            try await body(bench)
        }
    }

    private static func waiting(_ bench: Bench, _ count: Int) async throws {
        try await eventually("\(count) waiting") { bench.row("BACKEND")?.statistics.queue.current == count }
    }

    @Test func whoWaitsForARisingServerNeedNotWaitForAnotherToLeave() async throws {
        try await Self.rising(3_000) { bench in
            let first = try await bench.client()
            try await first.expect(Self.greeting)
            let second = try await bench.client()
            try await Self.waiting(bench, 1)
            try await second.expect(Self.greeting)
            try await Self.waiting(bench, 0)
        }
    }

    /// Also when nothing happens any more before it has risen.
    @Test func aServerThatHasRisenTakesAllItCan() async throws {
        try await Self.rising(600) { bench in
            let first = try await bench.client()
            try await first.expect(Self.greeting)
            var others: [Wire] = []
            for _ in 0..<3 { others.append(try await bench.client()) }
            try await Self.waiting(bench, 3)
            for other in others { try await other.expect(Self.greeting) }
            try await Self.waiting(bench, 0)
        }
    }

    /// The place of a session that was there before is not the place of one that came after.
    @Test func aServerThatCameBackCountsItsOwnSessionsOnly() async throws {
        var server = Bench.pool()
        server.maximumConnections = 1
        let settings = Bench.settings(servers: [server])
        try await Bench.run(settings) { bench in
            let old = try await bench.client()
            try await old.expect(Self.greeting)
            var without = settings
            without.backends[0].servers = [Bench.server("other", 9)]
            try await bench.balancer.reload(without)
            try await bench.balancer.reload(settings)
            let new = try await bench.client()
            try await new.expect(Self.greeting)
            await old.close()
            try await eventually("the old one has left") { bench.balancer.sessions().count == 1 }
            _ = try await bench.client()
            try await Self.waiting(bench, 1)
        }
    }

    /// A pool that closes every session at once: the next in the line comes after it, not inside of it, however long the line is.
    @Test func whoWaitsIsServedAfterTheOneThatLeaves() async throws {
        let lineLength = 40
        let depths = Mutex((now: 0, most: 0))
        let first = Mutex<(any Channel)?>(nil)
        let entrance: PoolEntrance = { channel, _ in
            let isFirst = first.withLock { first in
                defer { if first == nil { first = channel } }
                return first == nil
            }
            guard !isFirst else { return }
            depths.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            channel.close(promise: nil)
            depths.withLock { $0.now -= 1 }
        }
        var server = Bench.pool()
        server.maximumConnections = 1
        try await Bench.run(Bench.settings(servers: [server]), threads: 1, entrance: entrance) { bench in
            var clients = [try await bench.client()]
            try await eventually("one is served") { bench.row("here")?.statistics.sessions.current == 1 }
            for _ in 0..<lineLength { clients.append(try await bench.client()) }
            try await Self.waiting(bench, lineLength)
            first.withLock { $0 }?.close(promise: nil)
            try await bench.settle()
            #expect(depths.withLock { $0.most } == 1)
            #expect(bench.row("here")?.statistics.sessions.total == lineLength + 1)
            #expect(bench.row("here")?.statistics.sessions.current == 0)
            for client in clients { await client.close() }
        }
    }

    /// Sessions come and go on other threads while a reload takes the table over.
    @Test func reloadsLoseNoSession() async throws {
        var servers = [Bench.pool()]
        for number in 0..<60 { servers.append(Bench.server("idle\(number)", 9) { $0.disabled = true }) }
        let settings = Bench.settings(servers: servers) { frontend, _ in frontend.logs = false }
        try await Bench.run(settings) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<150 {
                            let client = try await bench.client()
                            try await client.send("QUIT\r\n")
                            try await client.expectEnd()
                            await client.close()
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<600 { try await bench.balancer.reload(settings) }
                }
                try await group.waitForAll()
            }
            try await bench.settle()
            try bench.balancer.set(server: "here", of: "bk", to: .maintenance)
            let line = try await bench.journal.line(containing: "going DOWN for maintenance")
            #expect(line.message.contains(" 0 sessions active"))
        }
    }

    /// Who has left a server and waits for another one is nobody's session.
    @Test func whoWaitsIsOnNoServer() async throws {
        let dead = try DeadPort()
        let full = try await StubServer(banner: "220 hi\r\n")
        let servers = [
            Bench.server("dead", dead.number) { $0.weight = 100 },
            Bench.server("full", full.port) { $0.maximumConnections = 1 },
        ]
        try await Bench.run(Bench.settings(servers: servers) { $1.speaksSMTP = true }) { bench in
            let first = try await bench.client()
            try await first.expect("220 hi\r\n")
            let second = try await bench.client()
            try await Self.waiting(bench, 1)
            #expect(bench.balancer.sessions().map(\.server) == ["full", "<none>"])
            try bench.balancer.shutDownSessions(of: "dead", in: "bk")
            await first.close()
            try await full.connection().close()
            try await second.expect("220 hi\r\n")
        }
        await full.close()
    }

    /// A reload that brings a server or the backend up ends the time it was down.
    @Test func downtimeEndsWithAReload() async throws {
        let settings = Bench.settings(servers: [Bench.server("s", 9) { $0.disabled = true }])
        try await Bench.run(settings) { bench in
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(bench.row("s")?.downtime == 1)
            #expect(bench.row("BACKEND")?.downtime == 1)
            var enabled = settings
            enabled.backends[0].servers[0].disabled = false
            try await bench.balancer.reload(enabled)
            #expect(bench.row("s")?.status == "no check")
            #expect(bench.row("BACKEND")?.status == "UP")
            try await Task.sleep(for: .milliseconds(1_100))
            #expect(bench.row("s")?.downtime == 1)
            #expect(bench.row("BACKEND")?.downtime == 1)
        }
    }
}
