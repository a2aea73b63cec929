// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The columns of `show stat`, in HAProxy 2.6's order: 103 of its own, then those of its modules.
///
/// Which kind of row leaves which column empty follows HAProxy (management guide 9.1). Two differences: the reply columns
/// (`hrsp_*`) and the request columns (`req_*`) count SMTP replies and transactions, where a row has seen any.
package enum StatColumns {
    /// Columns 0 to 102.
    package static let general: [StatColumn] = identity + sessions + health + replies + ends + checks + details

    /// The columns after the separator; what they count does not happen here, so they are zero.
    package static let modules: [StatColumn] =
        ["ssl_sess", "ssl_reused_sess", "ssl_failed_handshake"].map {
            .unused($0, zeroOn: .all)
        }
        + ([
            "h2_headers_rcvd", "h2_data_rcvd", "h2_settings_rcvd", "h2_rst_stream_rcvd", "h2_goaway_rcvd",
            "h2_detected_conn_protocol_errors", "h2_detected_strm_protocol_errors", "h2_rst_stream_resp",
            "h2_goaway_resp", "h2_open_connections", "h2_backend_open_streams", "h2_total_connections",
            "h2_backend_total_streams", "h1_open_connections", "h1_open_streams", "h1_total_connections",
            "h1_total_streams", "h1_bytes_in", "h1_bytes_out", "h1_spliced_bytes_in", "h1_spliced_bytes_out",
        ] as [String]).map { name in
            .unused(
                name,
                name.contains("_open_") || name.hasSuffix("open_streams") ? "MGP" : "MCP",
                zeroOn: [.frontend, .backend]
            )
        }

    /// The first line of the CSV shape, with its comment mark and trailing comma.
    package static let header: String =
        "# " + general.map(\.name).joined(separator: ",") + ",-," + modules.map(\.name).joined(separator: ",") + ","

    // 0 to 7
    private static let identity: [StatColumn] = [
        .text("pxname", "KNS", .all, "name of the proxy") { row, _ in row.proxy },
        .text("svname", "KNS", .all, "FRONTEND, BACKEND, or the server's name") { row, _ in row.service },
        .number("qcur", "MGP", .u32, .back, "connections waiting now") { row, _ in row.statistics.queue.current },
        .number("qmax", "MMP", .u32, .back, "most connections waiting at once") { row, _ in
            row.statistics.queue.maximum
        },
        .number("scur", "MGP", .u32, .all, "sessions now") { row, _ in row.statistics.sessions.current },
        .number("smax", "MMP", .u32, .all, "most sessions at once") { row, _ in row.statistics.sessions.maximum },
        .number("slim", "CLP", .u32, .all, "limit of sessions") { row, _ in row.sessionLimit },
        .number("stot", "MCP", .u64, .all, "sessions since the start") { row, _ in row.statistics.sessions.total },
    ]

    // 8 to 16
    private static let sessions: [StatColumn] = [
        .number("bin", "MCP", .u64, .all, "bytes from clients") { row, _ in row.statistics.bytesIn.value },
        .number("bout", "MCP", .u64, .all, "bytes to clients") { row, _ in row.statistics.bytesOut.value },
        .number("dreq", "MCP", .u64, [.frontend, .backend, .listener], "requests refused by rules") { row, _ in
            row.statistics.deniedRequests.value
        },
        .number("dresp", "MCP", .u64, .all, "responses refused by rules") { row, _ in
            row.statistics.deniedResponses.value
        },
        .number("ereq", "MCP", .u64, .front, "clients that failed before a request") { row, _ in
            row.statistics.requestErrors.value
        },
        .number("econ", "MCP", .u64, .back, "failed connections to servers") { row, _ in
            row.statistics.connectErrors.value
        },
        .number("eresp", "MCP", .u64, .back, "failed responses of servers") { row, _ in
            row.statistics.responseErrors.value
        },
        .number("wretr", "MCP", .u64, .back, "repeated connection attempts") { row, _ in row.statistics.retries.value },
        .number("wredis", "MCP", .u64, .back, "sessions moved to another server") { row, _ in
            row.statistics.redispatches.value
        },
    ]

    // 17 to 38
    private static let health: [StatColumn] = [
        .text("status", "SGP", .all, "state of the frontend, backend or server") { row, _ in row.status },
        .number("weight", "MaP", .u32, .back, "weight in effect, of all servers on a backend") { row, _ in row.weight },
        .number("act", "MGP", .u32, .back, "active servers", server: "SGP") { row, _ in row.active },
        .number("bck", "MGP", .u32, .back, "backup servers", server: "SGP") { row, _ in row.backup },
        .number("chkfail", "MCP", .u64, .server, "failed checks") { row, _ in
            row.check == nil ? nil : row.statistics.failedChecks.value
        },
        .number("chkdown", "MCP", .u64, .back, "times it went down") { row, _ in
            row.kind == .server && row.check == nil ? nil : row.statistics.downTransitions.value
        },
        .number("lastchg", "MAP", .u32, .back, "seconds since the last change of state") { row, _ in row.lastChange },
        .number("downtime", "MCP", .u32, .back, "seconds spent down") { row, _ in row.downtime },
        .number("qlimit", "CLS", .u32, .server, "limit of waiting connections") { row, _ in row.queueLimit },
        .number("pid", "KGP", .u32, .all, "number of the process: 1") { _, _ in 1 },
        .number("iid", "KGS", .u32, .all, "number of the proxy") { row, _ in row.proxyID },
        .number("sid", "KGS", .u32, .all, "number of the server in its backend") { row, _ in row.serviceID },
        .number("throttle", "MaP", .u32, .server, "percent of its share while a server starts slowly") { row, _ in
            row.throttle
        },
        .number("lbtot", "MCP", .u64, .back, "times it was chosen") { row, _ in row.statistics.selections.value },
        .unused("tracked", "CNS", .u32),
        .number("type", "CGS", .u32, .all, "0 frontend, 1 backend, 2 server, 3 listener") { row, _ in
            row.kind.rawValue
        },
        .number("rate", "MRP", .u32, [.frontend, .backend, .server], "sessions in the last second", backend: "MGP") {
            row,
            circumstances in row.statistics.sessionRate.rate(at: circumstances.uptime).current
        },
        .unused("rate_lim", "CLP", .u32, zeroOn: .frontend),
        .number("rate_max", "MMP", .u32, [.frontend, .backend, .server], "most sessions in a second", backend: "MGP") {
            row,
            circumstances in row.statistics.sessionRate.rate(at: circumstances.uptime).maximum
        },
        .text("check_status", "MOP", .server, "result of the last check") { row, _ in row.check?.status },
        .number("check_code", "MOP", .u32, .server, "code of the last check") { row, _ in row.check?.code },
        .number("check_duration", "MDP", .u64, .server, "milliseconds the last check took") { row, _ in
            row.check?.duration
        },
    ]

    // 39 to 48
    private static let replies: [StatColumn] =
        ["1xx", "2xx", "3xx", "4xx", "5xx", "other"].enumerated().map { index, digits in
            .number("hrsp_\(digits)", "MCP", .u64, [.frontend, .backend, .server], "replies \(digits)") { row, _ in
                row.speaksSMTP ? row.statistics.replies[index].value : nil
            }
        } + [
            .number("hanafail", "MCP", .u64, .server, "times that failed connections did 'on-error'") { row, _ in
                row.check == nil ? nil : row.statistics.observedFailures.value
            },
            .number("req_rate", "MRP", .u32, .frontend, "transactions in the last second") { row, circumstances in
                row.statistics.transactionRate.rate(at: circumstances.uptime).current
            },
            .number("req_rate_max", "MMP", .u32, .frontend, "most transactions in a second") { row, circumstances in
                row.statistics.transactionRate.rate(at: circumstances.uptime).maximum
            },
            .number("req_tot", "MCP", .u64, [.frontend, .backend, .server], "transactions") { row, _ in
                row.kind == .frontend || row.speaksSMTP ? row.statistics.transactions.value : nil
            },
        ]

    // 49 to 55
    private static let ends: [StatColumn] =
        [
            .number("cli_abrt", "MCP", .u64, .back, "sessions the client cut") { row, _ in
                row.statistics.clientAborts.value
            },
            .number("srv_abrt", "MCP", .u64, .back, "sessions the server cut") { row, _ in
                row.statistics.serverAborts.value
            },
        ]
        + ["comp_in", "comp_out", "comp_byp", "comp_rsp"].map { .unused($0, zeroOn: [.frontend, .backend]) }
        + [
            .number("lastsess", "MAP", .s32, .back, "seconds since the last session, -1 before the first") { row, _ in
                row.lastSession ?? -1
            }
        ]

    // 56 to 73
    private static let checks: [StatColumn] = [
        .text("last_chk", "MOP", .server, "what the last check saw") { row, _ in
            (row.check?.text ?? row.note).map { PlainText.withoutCommas($0) }
        },
        .unused("last_agt", "MOP"),
        .number("qtime", "MaP", .u32, .back, "mean milliseconds of waiting") { row, _ in row.times.queue },
        .number("ctime", "MaP", .u32, .back, "mean milliseconds of connecting") { row, _ in row.times.connect },
        .number("rtime", "MaP", .u32, .back, "mean milliseconds to a response") { row, _ in row.times.response },
        .number("ttime", "MaP", .u32, .back, "mean milliseconds of a session") { row, _ in row.times.total },
        .unused("agent_status", "MOP"),
        .unused("agent_code", "MOP"),
        .unused("agent_duration", "MDP"),
        .text("check_desc", "MOP", .server, "the check's result in words") { row, _ in
            row.check.map { PlainText.withoutCommas($0.description) }
        },
        .unused("agent_desc", "MOP"),
        .number("check_rise", "CGS", .u32, .server, "good checks to come up") { row, _ in row.check?.rise },
        .number("check_fall", "CGS", .u32, .server, "bad checks to go down") { row, _ in row.check?.fall },
        .number("check_health", "CGS", .u32, .server, "0 to rise + fall - 1") { row, _ in row.check?.health },
        .unused("agent_rise", "CGS", .u32),
        .unused("agent_fall", "CGS", .u32),
        .unused("agent_health", "CGS", .u32),
        .text("addr", "CGS", [.server, .listener], "address and port") { row, circumstances in
            circumstances.showsAddresses ? row.address : nil
        },
    ]

    // 74 to 102
    private static let details: [StatColumn] = [
        .unused("cookie", "CNS"),
        .text("mode", "CGS", .all, "tcp or http") { row, _ in row.mode },
        .text("algo", "CGS", .backend, "how a server is chosen") { row, circumstances in
            circumstances.showsAddresses ? row.algorithm : nil
        },
        .number("conn_rate", "MRP", .u32, .frontend, "connections in the last second") { row, circumstances in
            row.statistics.sessionRate.rate(at: circumstances.uptime).current
        },
        .number("conn_rate_max", "MMP", .u32, .frontend, "most connections in a second") { row, circumstances in
            row.statistics.sessionRate.rate(at: circumstances.uptime).maximum
        },
        .number("conn_tot", "MCP", .u64, .frontend, "connections since the start") { row, _ in
            row.statistics.sessions.total &+ row.statistics.deniedConnections.value
        },
        .unused("intercepted"),
        .number("dcon", "MCP", .u64, .front, "connections refused by rules") { row, _ in
            row.statistics.deniedConnections.value
        },
        .number("dses", "MCP", .u64, .front, "sessions refused by rules") { row, _ in
            row.statistics.deniedSessions.value
        },
        .unused("wrew", zeroOn: [.frontend, .backend, .server]),
        .number("connect", "MCP", .u64, .back, "attempts to connect to a server") { row, _ in
            row.statistics.connects.value
        },
        .unused("reuse", zeroOn: .back),
        .unused("cache_lookups"),
        .unused("cache_hits"),
        .unused("srv_icur", "MGP", .u32, zeroOn: .server),
        .unused("src_ilim", "CLP", .u32),
        .number("qtime_max", "MMP", .u32, .back, "most milliseconds of waiting") { row, _ in row.maximumTimes.queue },
        .number("ctime_max", "MMP", .u32, .back, "most milliseconds of connecting") { row, _ in
            row.maximumTimes.connect
        },
        .number("rtime_max", "MMP", .u32, .back, "most milliseconds to a response") { row, _ in
            row.maximumTimes.response
        },
        .number("ttime_max", "MMP", .u32, .back, "most milliseconds of a session") { row, _ in
            row.maximumTimes.total
        },
        .number("eint", "MCP", .u64, .all, "faults of this process") { row, _ in
            row.statistics.internalErrors.value
        },
        .unused("idle_conn_cur", "MGP", .u32, zeroOn: .server),
        .unused("safe_conn_cur", "MGP", .u32, zeroOn: .server),
        .number("used_conn_cur", "MGP", .u32, .server, "connections in use") { row, _ in
            row.statistics.sessions.current
        },
        .number("need_conn_est", "MGP", .u32, .server, "connections needed") { row, _ in
            row.statistics.sessions.current
        },
        .number("uweight", "MaP", .u32, .back, "weight as set, of all servers on a backend") { row, _ in
            row.configuredWeight ?? row.weight
        },
        .unused("agg_server_status", "MGP", .u32, zeroOn: .backend),
        .unused("agg_server_check_status", "MGP", .u32, zeroOn: .backend),
        .unused("agg_check_status", "MGP", .u32, zeroOn: .backend),
    ]
}

extension StatisticsRow {
    /// Whether SMTP has been counted on the row: a proxy of plain TCP leaves the reply columns empty.
    fileprivate var speaksSMTP: Bool {
        statistics.transactions.value > 0 || statistics.replies.contains { $0.value > 0 }
    }
}
