// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

/// What sessions tell of a server between its checks, and what becomes of sessions when it changes.
@Suite(.timeLimit(.minutes(1)))
struct ObservationTests {
    /// A server whose checks pass while connections of sessions are refused; the figures are HAProxy 2.6.12's.
    @Test(arguments: [
        (ObservationSettings.Reaction.markDown, "DOWN", "HANA", 1, ", status: 0/2 DOWN."),
        (.failedCheck, "UP 2/3", "HANA", 1, ", status: 2/3 UP."),
        (.suddenDeath, "UP 1/3", "HANA", 1, ", status: 1/3 UP."),
        (.fastInterval, "UP", "L4OK", 0, ""),
    ])
    func failedConnectionsCount(
        reaction: ObservationSettings.Reaction,
        status: String,
        check: String,
        failures: Int,
        line: String
    ) async throws {
        let dead = try DeadPort()
        let alive = try await StubServer()
        let server = Bench.server("s", dead.number) {
            $0.check = true
            $0.checkInterval = 60_000
            $0.checkPort = alive.port
            $0.observes = true
            $0.observation.errorLimit = 3
            $0.observation.reaction = reaction
        }
        let settings = Bench.settings(servers: [server]) {
            $1.retries = 0
            $1.logsHealthChecks = true
        }
        try await Bench.run(settings) { bench in
            try await eventually("a check") { bench.row("s")?.check?.status == "L4OK" }
            for number in 1...3 {
                #expect(bench.row("s")?.status == "UP", "before connection \(number)")
                let client = try await bench.client()
                try await client.expectEnd()
                await client.close()
                try await bench.settle()
            }
            let row = try #require(bench.row("s"))
            #expect(row.status == status)
            #expect(row.check?.status == check)
            #expect(row.statistics.observedFailures.value == 1)
            #expect(row.statistics.failedChecks.value == failures)
            let words =
                "Health check for server bk/s failed, reason: Health analyze, info: \"Detected 3 consecutive errors, "
                + "last one was: L4 unsuccessful connection\""
            let found = bench.journal.lines.filter { $0.contains("Health analyze") }
            #expect(found == (line.isEmpty ? [] : [words + line]))
        }
        await alive.close()
    }

    /// The file is read again with the server's new address while a connection to the old one is still tried.
    @Test func whatAnOldAddressDidIsNotTheNewOnes() async throws {
        let silent = try DeadPort()
        try silent.fill()
        let alive = try await StubServer(banner: "hi\r\n")
        let settings = { (port: Int) in
            let server = Bench.server("s", port) {
                $0.check = true
                $0.checkInterval = 60_000
                $0.checkPort = alive.port
                $0.observes = true
                $0.observation.errorLimit = 1
                $0.observation.reaction = .markDown
            }
            return Bench.settings(servers: [server]) {
                $1.retries = 0
                $1.connectTimeout = 300
            }
        }
        try await Bench.run(settings(silent.number)) { bench in
            try await eventually("a check") { bench.row("s")?.check?.status == "L4OK" }
            let late = try await bench.client()
            try await eventually("it connects") { bench.row("s")?.statistics.connects.value == 1 }
            try await bench.balancer.reload(settings(alive.port))
            try await late.expectEnd()
            try await bench.settle()
            #expect(bench.row("s")?.statistics.connectErrors.value == 1)
            #expect(bench.row("s")?.statistics.observedFailures.value == 0)
            #expect(bench.row("s")?.status.hasPrefix("UP") == true)
        }
        await alive.close()
    }

    @Test func theNextCheckIsBroughtForward() async throws {
        let dead = try DeadPort()
        let alive = try await StubServer()
        let server = Bench.server("s", dead.number) {
            $0.check = true
            $0.checkInterval = 600_000
            $0.checkFastInterval = 20
            $0.checkPort = alive.port
            $0.observes = true
            $0.observation.errorLimit = 1
            $0.observation.reaction = .markDown
        }
        try await Bench.run(Bench.settings(servers: [server]) { $1.retries = 0 }) { bench in
            try await eventually("a check") { bench.row("s")?.check?.status == "L4OK" }
            try await bench.client().expectEnd()
            #expect(try await bench.journal.line(containing: "Server bk/s is DOWN").message.contains("Health analyze"))
            _ = try await bench.journal.line(containing: "Server bk/s is UP")
        }
        await alive.close()
    }

    /// `on-marked-down shutdown-sessions`, for a pool, a server that speaks SMTP and one that may speak anything.
    @Test(arguments: ["pool", "smtp", "tcp"])
    func aServerThatGoesDownTakesItsSessions(kind: String) async throws {
        let stub = try await StubServer(banner: "220 127.0.0.1\r\n")
        var server = kind == "pool" ? Bench.pool("s") : Bench.server("s", stub.port)
        server.endsSessionsWhenDown = true
        let settings = Bench.settings(servers: [server]) { $1.speaksSMTP = kind == "smtp" ? true : nil }
        let words = [
            "pool": "421 4.3.2 serverDown\r\n",
            "smtp": "421 4.3.2 relay.example.net Service not available: server is down, try again later\r\n",
        ]
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            try bench.balancer.set(server: "s", of: "bk", to: .drain)
            try bench.balancer.set(server: "s", of: "bk", to: .maintenance)
            try await client.expectEnd()
            #expect(client.text == "220 127.0.0.1\r\n" + (words[kind] ?? ""))
            await client.close()
            #expect(try await bench.journal.line(containing: "ft bk/s").message.contains(" D- "))
        }
        await stub.close()
    }

    /// `on-marked-up shutdown-backup-sessions`.
    @Test(arguments: [true, false])
    func aServerThatComesUpTakesSessionsFromBackups(isBackupItself: Bool) async throws {
        let stub = try await StubServer(banner: "220 backup\r\n")
        let main = Bench.server("main", stub.port) {
            $0.disabled = true
            $0.backup = isBackupItself
            $0.endsBackupSessionsWhenUp = true
        }
        let backup = Bench.server("other", stub.port) { $0.backup = true }
        try await Bench.run(Bench.settings(servers: [main, backup]) { $1.speaksSMTP = true }) { bench in
            let client = try await bench.client()
            try await client.expect("220 backup\r\n")
            try bench.balancer.set(server: "main", of: "bk", to: .ready)
            guard !isBackupItself else {
                try await client.send("NOOP\r\n")
                try await stub.connection().expect("NOOP\r\n")
                return
            }
            try await client.expect(
                "220 backup\r\n421 4.3.2 relay.example.net Service not available: another server is up again, try again later\r\n"
            )
            try await client.expectEnd()
            await client.close()
            #expect(try await bench.journal.line(containing: "ft bk/other").message.contains(" U- "))
        }
        await stub.close()
    }
}
