// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Commands that change a server: its state and its weight.
enum ServerCommands {
    static let all: [Command] = [
        Command("disable server", "<bk>/<srv>", level: .admin, "put a server into maintenance") { call in
            setState(call, .maintenance)
        },
        Command("enable server", "<bk>/<srv>", level: .admin, "take a server out of maintenance") { call in
            setState(call, .ready)
        },
        Command("set server", "<bk>/<srv> [state|weight] <value>", level: .admin, "change a server's state or weight") {
            call in setServer(call)
        },
        Command("set weight", "<bk>/<srv> <weight>[%]", level: .admin, "change a server's weight") { call in
            setWeight(call, call.second)
        },
        Command("get weight", "<bk>/<srv>", "show a server's weight") { call in getWeight(call) },
    ]

    /// The largest weight (HAProxy configuration manual 5.2, `weight`).
    private static let maximumWeight = 256

    private static func setState(_ call: Invocation, _ state: AdministrativeState) -> Answer {
        withServer(call) { backend, server throws(OperationError) in
            try call.operations.balancer.setState(server, backend, state)
            return .silent
        }
    }

    private static func setServer(_ call: Invocation) -> Answer {
        let value = call.arguments.count > 2 ? call.arguments[2] : ""
        switch call.second {
        case "state":
            switch value {
            case "ready": return setState(call, .ready)
            case "drain": return setState(call, .drain)
            case "maint": return setState(call, .maintenance)
            default:
                return withServer(call) { _, _ throws(OperationError) in
                    .failure("'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n")
                }
            }
        case "weight":
            return setWeight(call, value)
        case "agent":
            return withServer(call) { _, _ throws(OperationError) in
                .failure("agent checks are not enabled on this server.\n")
            }
        case "health", "addr", "agent-addr", "agent-port", "agent-send", "check-addr", "check-port", "fqdn", "ssl":
            return withServer(call) { _, _ throws(OperationError) in
                .failure("'set server <srv> \(call.second)' is not supported.\n")
            }
        default:
            return withServer(call) { _, _ throws(OperationError) in
                .failure("usage: set server <backend>/<server> state | weight\n")
            }
        }
    }

    private static func setWeight(_ call: Invocation, _ text: String) -> Answer {
        withServer(call) { backend, server throws(OperationError) in
            guard !text.isEmpty else { return .failure("Require <weight> or <weight%>.\n") }
            let isRelative = text.hasSuffix("%")
            guard let weight = Int(isRelative ? text.dropLast() : text[...]) else {
                let hasNumber = text.first.map { $0.isASCII && $0.isNumber } ?? false
                return .failure(
                    hasNumber
                        ? "Trailing garbage in weight string\n"
                        : "Empty weight string empty or preceded by garbage\n"
                )
            }
            if isRelative {
                guard weight >= 0 else { return .failure("Relative weight must be positive.\n") }
            } else {
                guard (0...maximumWeight).contains(weight) else {
                    return .failure("Absolute weight can only be between 0 and 256 inclusive.\n")
                }
            }
            try call.operations.balancer.setWeight(weight, isRelative, server, backend)
            return .silent
        }
    }

    private static func getWeight(_ call: Invocation) -> Answer {
        withServer(call) { backend, server throws(OperationError) in
            let weight = try call.operations.balancer.weight(server, backend)
            return .text("\(weight.current) (initial \(weight.initial))\n")
        }
    }

    /// Parses the first argument as `backend/server` and checks that the server exists before anything else is said.
    static func withServer(
        _ call: Invocation,
        _ body: (_ backend: String, _ server: String) throws(OperationError) -> Answer
    ) -> Answer {
        let parts = call.first.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return .failure("Require 'backend/server'.\n")
        }
        do {
            _ = try call.operations.balancer.weight(parts[1], parts[0])
            return try body(parts[0], parts[1])
        } catch {
            return .failure(error.text)
        }
    }
}

extension OperationError {
    /// HAProxy's words for it.
    var text: String {
        switch self {
        case .noSuchFrontend: "No such frontend.\n"
        case .noSuchBackend: "No such backend.\n"
        case .noSuchServer: "No such server.\n"
        case .valueOutOfRange: "Value out of range.\n"
        }
    }
}
