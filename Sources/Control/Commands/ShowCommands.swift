// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Commands that print what there is.
enum ShowCommands {
    static let all: [Command] = [
        Command("show stat", "[<iid|name> <type> <sid>] [typed|json|desc|up|no-maint]*", "counters of every proxy") {
            call in stat(call)
        },
        Command("show info", "[typed|json|desc]*", "facts about the running process") { call in info(call) },
        Command("show sess", "[<id>]", level: .operator, "list sessions, or one of them") { call in sessions(call) },
        Command("show servers state", "[<backend>]", "state of every server, as a state file") { call in
            servers(call) { rows, _ in ServerStateText.state(rows) }
        },
        Command("show servers conn", "[<backend>]", "connections of every server") { call in
            servers(call) { rows, call in ServerStateText.connections(rows, call.operations.balancer.rows()) }
        },
        Command("show backend", "", "list the backends") { call in
            let names = call.operations.balancer.rows().filter { $0.kind == .backend }.map(\.proxy)
            return .text("# name\n" + names.map { PlainText.word($0) + "\n" }.joined())
        },
        Command("show errors", "[<proxy>]", level: .operator, "captured protocol errors: there are none") { call in
            let now = call.operations.now()
            let time = CalendarTime(now, offset: call.operations.facts.zoneOffset(now))
            return .text("Total events captured on [\(time.haproxy)] : 0\n")
        },
        Command("show pools", "", "memory pools: there are none") { _ in
            .text(
                "Dumping pools usage. Use SIGQUIT to flush them.\n"
                    + "Total: 0 pools, 0 bytes allocated, 0 used (~0 by thread caches).\n"
            )
        },
        Command("show version", "", "version of the running process") { call in
            .text(PlainText.word(call.operations.facts.version) + "\n")
        },
        Command("show cli sockets", "", level: .operator, "list the sockets of this interface") { call in
            let lines = call.operations.sockets().map { "\($0.label) \($0.level.name) all\n" }
            return .text("# socket lvl processes\n" + lines.joined())
        },
    ]

    private static func stat(_ call: Invocation) -> Answer {
        let request = StatRequest(call.arguments)
        guard let rows = request.select(from: call.operations.balancer.rows()) else {
            return .failure("No such proxy.\n")
        }
        let circumstances = StatCircumstances(
            uptime: call.operations.uptime(),
            showsAddresses: call.level >= .operator
        )
        switch request.shape {
        case .csv: return .text(StatText.csv(rows, circumstances))
        case .typed: return .text(StatText.typed(rows, circumstances, described: request.described))
        case .json: return .text(StatText.json(rows, circumstances, described: request.described))
        }
    }

    private static func info(_ call: Invocation) -> Answer {
        let fields = InfoSnapshot(call.operations).fields
        let described = call.arguments.contains("desc")
        if call.arguments.contains("json") { return .text(InfoText.json(fields, described: described)) }
        if call.arguments.contains("typed") { return .text(InfoText.typed(fields, described: described)) }
        return .text(InfoText.plain(fields, described: described))
    }

    /// Sessions printed in one part of the answer.
    private static let sessionsPerPage = 500

    private static func sessions(_ call: Invocation) -> Answer {
        let rows = call.operations.balancer.sessions()
        if !call.first.isEmpty, call.first != "all" {
            guard let id = SessionText.identifier(call.first), let row = rows.first(where: { $0.id == id }) else {
                return .failure("Session not found.\n")
            }
            return .text(SessionText.line(row))
        }
        return .page(page(of: rows, from: 0))
    }

    private static func page(of rows: [SessionRow], from start: Int) -> AnswerPage {
        let end = min(start + sessionsPerPage, rows.count)
        let text = rows[start..<end].map(SessionText.line).joined()
        guard end < rows.count else { return AnswerPage(text) }
        return AnswerPage(text) { page(of: rows, from: end) }
    }

    private static func servers(
        _ call: Invocation,
        print: ([ServerStateRow], Invocation) -> String
    ) -> Answer {
        var rows = call.operations.balancer.serverStates()
        if !call.first.isEmpty {
            rows = rows.filter { $0.backend == call.first }
            let exists = call.operations.balancer.rows().contains { $0.kind == .backend && $0.proxy == call.first }
            guard exists || !rows.isEmpty else { return .failure("Can't find backend.\n") }
        }
        return .text(print(rows, call))
    }
}

extension StatsSocketSettings {
    /// The socket as `show cli sockets` and log lines name it.
    package var label: String {
        switch address {
        case .unix(let path): "unix@\(PlainText.word(path))"
        case .ip(let host, let port): host.contains(":") ? "ipv6@[\(host)]:\(port)" : "ipv4@\(host):\(port)"
        case .systemd(let name): "systemd@\(PlainText.word(name))"
        }
    }
}
