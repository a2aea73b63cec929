// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import Spooling
import Statistics
import Support
import Synchronization

/// What the tests of this room look at: a balancer of closures, a queue in memory, and the facts of a process.
enum Fixtures {
    static let facts: ProcessFacts = {
        var facts = ProcessFacts(
            version: "0.1.0",
            releaseDate: "2026/11/24",
            pid: 4711,
            startTime: 1_700_000_000_000 - 90_061_000,
            threads: 2,
            descriptorLimit: 20_000,
            maximumConnections: 500,
            node: "relay one"
        )
        facts.droppedLogs = { 3 }
        return facts
    }()

    /// A frontend, a backend with four servers in different states, as HAProxy's captures show them.
    static var rows: [StatisticsRow] {
        var frontend = StatisticsRow(
            kind: .frontend,
            proxy: "ft_smtp",
            service: "FRONTEND",
            proxyID: 2,
            serviceID: 0,
            statistics: ProxyStatistics(),
            status: "OPEN"
        )
        frontend.sessionLimit = 200
        for _ in 0..<2 { frontend.statistics.sessions.enter() }
        frontend.statistics.bytesIn.add(45)
        frontend.statistics.bytesOut.add(108)
        frontend.statistics.count(replyCode: 250)
        frontend.statistics.transactions.add()
        var rows = [frontend]
        let checks: [(String, String, CheckRow?)] = [
            ("m1", "UP", check("L7OK", 221, "bye", health: 4)),
            ("m2", "DOWN", check("L4CON", nil, "Connection refused, really", health: 0)),
            ("m3", "MAINT", nil),
            ("here", "no check", nil),
        ]
        for (index, (name, status, check)) in checks.enumerated() {
            var server = StatisticsRow(
                kind: .server,
                proxy: "bk_smtp",
                service: name,
                proxyID: 3,
                serviceID: index + 1,
                statistics: ProxyStatistics(),
                status: status
            )
            server.check = check
            server.weight = 10
            server.configuredWeight = 10
            server.active = 1
            server.backup = 0
            server.lastChange = 5
            server.downtime = 0
            server.address = name == "here" ? "pool@inbound" : "127.0.0.1:3260\(index + 1)"
            server.times = (1, 2, 0, 40)
            rows.append(server)
        }
        var backend = StatisticsRow(
            kind: .backend,
            proxy: "bk_smtp",
            service: "BACKEND",
            proxyID: 3,
            serviceID: 0,
            statistics: ProxyStatistics(),
            status: "UP"
        )
        backend.algorithm = "leastconn"
        backend.weight = 20
        backend.active = 2
        backend.backup = 0
        backend.sessionLimit = 20
        backend.lastChange = 5
        return rows + [backend]
    }

    private static func check(_ status: String, _ code: Int?, _ text: String, health: Int) -> CheckRow {
        CheckRow(
            status: status,
            code: code,
            duration: 1,
            text: text,
            description: "Layer7 check passed",
            rise: 2,
            fall: 3,
            health: health
        )
    }

    static let sessions = [
        SessionRow(
            id: 0x2A,
            transport: "tcpv4",
            source: "192.0.2.1:40000",
            frontend: "ft_smtp",
            backend: "bk_smtp",
            server: "m1",
            age: 168,
            phase: "data"
        ),
        SessionRow(
            id: 0x2B,
            transport: "tcpv6",
            source: "[2001:db8::1]:40000",
            frontend: "ft_smtp",
            backend: "",
            server: "",
            age: 0,
            phase: "-"
        ),
    ]

    static let serverStates = [
        ServerStateRow(
            backendID: 3,
            backend: "bk_smtp",
            serverID: 1,
            server: "m1",
            address: "127.0.0.1",
            port: 32_601,
            operationalState: 2,
            administrativeState: 0,
            userWeight: 10,
            initialWeight: 10,
            sinceLastChange: 15,
            checkStatus: 3,
            checkResult: 4,
            checkHealth: 6,
            checkState: 0
        ),
        ServerStateRow(
            backendID: 3,
            backend: "bk_smtp",
            serverID: 4,
            server: "here",
            address: "-",
            port: 0,
            operationalState: 2,
            administrativeState: 0,
            userWeight: 1,
            initialWeight: 1,
            sinceLastChange: 0,
            checkStatus: 1,
            checkResult: 0,
            checkHealth: 0,
            checkState: 0
        ),
    ]

    static func operations(
        _ journal: Journal = Journal(),
        spool: (any Spool)? = nil,
        rows: [StatisticsRow] = Fixtures.rows
    ) -> ControlOperations {
        let clock = TestClock()
        var operations = ControlOperations(
            balancer: balancer(journal, rows: rows),
            courier: nil,
            spool: spool,
            facts: facts,
            now: { clock.now },
            uptime: { 5_000 }
        )
        var socket = StatsSocketSettings(address: .unix(path: "/run/relaybox/stats.sock"))
        socket.level = .admin
        operations.sockets = { [socket] in [socket] }
        return operations
    }

    private static func balancer(_ journal: Journal, rows: [StatisticsRow]) -> BalancerOperations {
        @Sendable func check(_ server: String, _ backend: String) throws(OperationError) {
            guard backend == "bk_smtp" else { throw .noSuchBackend }
            guard ["m1", "m2", "m3", "here"].contains(server) else { throw .noSuchServer }
        }
        var balancer = BalancerOperations()
        balancer.rows = { rows }
        balancer.sessions = { sessions }
        balancer.serverStates = { serverStates }
        balancer.setState = { server, backend, state throws(OperationError) in
            try check(server, backend)
            journal.note("\(backend)/\(server) \(state)")
        }
        balancer.setWeight = { weight, relative, server, backend throws(OperationError) in
            try check(server, backend)
            journal.note("\(backend)/\(server) weight \(weight)\(relative ? "%" : "")")
        }
        balancer.weight = { server, backend throws(OperationError) in
            try check(server, backend)
            return (5, 10)
        }
        balancer.shutDownSession = { id in
            journal.note("session \(id)")
            return id == 0x2A
        }
        balancer.shutDownSessions = { server, backend throws(OperationError) in
            try check(server, backend)
            journal.note("sessions of \(backend)/\(server)")
        }
        balancer.setFrontend = { frontend, accepting throws(OperationError) in
            journal.note("\(frontend) \(accepting)")
        }
        return balancer
    }

    /// Runs a command line and returns everything it says, pages joined.
    static func run(
        _ line: String,
        level: AccessLevel = .admin,
        _ operations: ControlOperations = operations()
    ) -> String {
        switch CommandTable.run(CommandWords.words(in: line), level: level, operations: operations) {
        case .silent: return ""
        case .text(let text): return text
        case .failure(let text): return "!" + text
        case .change(let change): return "\(change)"
        case .page(var page):
            var text = String(buffer: page.bytes)
            while let next = page.next {
                page = next()
                text += String(buffer: page.bytes)
            }
            return text + (page.failure.map { "!" + $0 } ?? "")
        }
    }
}

/// What a test made happen, in order.
final class Journal: Sendable {
    private let state = Mutex<[String]>([])
    var entries: [String] { state.withLock { $0 } }
    func note(_ entry: String) { state.withLock { $0.append(entry) } }
}
