// SPDX-License-Identifier: Apache-2.0

import Balancing
package import Statistics

/// What the forms of the page do: HAProxy's fields (`s` a server, any number of them; `b` its backend; `action`) and its
/// results (`DONE`, `PART`, `NONE`, `ERRP`, `EXCP`).
package struct PageActions: Sendable {
    /// The doors to the balancer.
    package let operations: ControlOperations
    /// Takes one line for each action, done or not.
    package let log: any LogSink

    /// Made for each request.
    package init(operations: ControlOperations, log: any LogSink) {
        self.operations = operations
        self.log = log
    }

    /// Does what a form asks; returns HAProxy's word for how it went.
    package func perform(_ fields: [(name: String, value: String)], by client: String) -> String {
        guard let backend = backend(fields.first { $0.name == "b" }?.value ?? "") else { return "ERRP" }
        guard let action = fields.first(where: { $0.name == "action" })?.value, let word = PageActions.words[action]
        else {
            return "ERRP"
        }
        let servers = fields.filter { $0.name == "s" }.map(\.value)
        guard !servers.isEmpty else { return "NONE" }
        var done = 0
        for server in servers {
            let what = PlainText.line("\(backend)/\(server)").prefix(200)
            do {
                switch word {
                case .state(let state): try operations.balancer.setState(server, backend, state)
                case .shutdown: try operations.balancer.shutDownSessions(server, backend)
                }
                done += 1
                log.write(LogRecord(.notice, from: operations.facts.name, "page: \(client): \(action) \(what)"))
            } catch {
                let reason = error.text.dropLast(2)
                log.write(
                    LogRecord(
                        .notice,
                        from: operations.facts.name,
                        "page: \(client): \(action) \(what): refused: \(reason)"
                    )
                )
            }
        }
        return done == servers.count ? "DONE" : done > 0 ? "PART" : "EXCP"
    }

    private enum Word: Sendable {
        case state(AdministrativeState)
        case shutdown
    }

    private static let words: [String: Word] = [
        "ready": .state(.ready), "enable": .state(.ready), "start": .state(.ready), "drain": .state(.drain),
        "stop": .state(.drain), "maint": .state(.maintenance), "disable": .state(.maintenance), "shutdown": .shutdown,
    ]

    /// A backend by its name, or by `#` and its number.
    private func backend(_ text: String) -> String? {
        let rows = operations.balancer.rows().filter { $0.kind == .backend }
        if text.hasPrefix("#"), let number = Int(text.dropFirst()) {
            return rows.first { $0.proxyID == number }?.proxy
        }
        return rows.contains { $0.proxy == text } ? text : nil
    }
}
