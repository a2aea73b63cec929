// SPDX-License-Identifier: Apache-2.0

import Balancing
import Statistics

/// Commands that end sessions, and that stop and resume frontends.
enum SessionCommands {
    static let all: [Command] = [
        Command("shutdown session", "<id>", level: .admin, "end a session") { call in
            guard let id = SessionText.identifier(call.first) else {
                return .failure("Session pointer expected (use 'show sess').\n")
            }
            guard call.operations.balancer.shutDownSession(id) else {
                return .failure("No such session (use 'show sess').\n")
            }
            return .silent
        },
        Command("shutdown sessions server", "<bk>/<srv>", level: .admin, "end all sessions of a server") { call in
            ServerCommands.withServer(call) { backend, server throws(OperationError) in
                try call.operations.balancer.shutDownSessions(server, backend)
                return .silent
            }
        },
        Command("disable frontend", "<frontend>", level: .admin, "stop accepting on a frontend") { call in
            setFrontend(call, accepting: false)
        },
        Command("enable frontend", "<frontend>", level: .admin, "accept again on a frontend") { call in
            setFrontend(call, accepting: true)
        },
    ]

    private static func setFrontend(_ call: Invocation, accepting: Bool) -> Answer {
        guard !call.first.isEmpty else { return .failure("A frontend name is expected.\n") }
        let row = call.operations.balancer.rows().first { $0.kind == .frontend && $0.proxy == call.first }
        guard let row else { return .failure("No such frontend.\n") }
        switch (row.status, accepting) {
        case ("STOP", false): return .failure("All sockets are already disabled.\n")
        case ("OPEN", true), ("FULL", true): return .failure("All sockets are already enabled.\n")
        default: break
        }
        do {
            try call.operations.balancer.setFrontend(call.first, accepting)
            return .silent
        } catch {
            return .failure(error.text)
        }
    }
}
