// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling
import Statistics

/// The numbers behind one `show info`, taken at one moment.
package struct InfoSnapshot: Sendable {
    /// Name, version, process number and limits.
    package var facts: ProcessFacts
    /// Seconds since the start.
    package var uptime: Int
    /// CurrConns: sessions of all frontends now.
    package var currentSessions = 0
    /// CumConns: sessions of all frontends since the start.
    package var totalSessions = 0
    /// CumReq: SMTP transactions of all frontends since the start.
    package var transactions = 0
    /// SessRate: sessions a second.
    package var rate = 0
    /// MaxSessRate: the sum was never lower than this, a peak of it is not counted.
    package var maximumRate = 0
    /// TotalBytesOut: bytes to clients since the start.
    package var bytesOut = 0
    /// BytesOutRate: bytes to clients a second, since the last `show info`.
    package var byteRate = 0
    /// Idle_pct: percent of processor time that was not used, 0 to 100.
    package var idle = 100
    /// Listeners: open frontends and stats sockets.
    package var listeners = 0
    /// Our own lines after HAProxy's: name and value, one colon a line.
    package var extras: [(name: String, value: Field.Value, summary: String)] = []

    /// Everything that is counted begins at 0.
    package init(facts: ProcessFacts, uptime: Int) {
        self.facts = facts
        self.uptime = uptime
    }
}

extension InfoSnapshot {
    /// Looks at everything that `operations` reaches.
    package init(_ operations: ControlOperations) {
        let now = operations.now()
        self.init(
            facts: operations.facts,
            uptime: Int(clamping: max(0, now - operations.facts.startTime) / 1000)
        )
        let meterTime = operations.uptime()
        for row in operations.balancer.rows() where row.kind == .frontend {
            let rates = row.statistics.sessionRate.rate(at: meterTime)
            currentSessions += row.statistics.sessions.current
            totalSessions += row.statistics.sessions.total
            transactions += row.statistics.transactions.value
            rate += rates.current
            // A peak of the sum is nowhere counted: the highest peak of a frontend is the best bound from below.
            maximumRate = max(maximumRate, rates.maximum, rate)
            bytesOut += row.statistics.bytesOut.value
            if row.status == "OPEN" { listeners += 1 }
        }
        (idle, byteRate) = operations.meter.look(
            at: meterTime,
            processor: operations.facts.processorTime(),
            bytes: bytesOut,
            threads: operations.facts.threads
        )
        listeners += operations.sockets().count
        if let spool = operations.spool { extras += InfoSnapshot.lines(of: spool.statistics) }
        if let courier = operations.courier { extras += InfoSnapshot.lines(of: courier.statistics) }
    }

    private static func lines(
        of spool: SpoolStatistics
    ) -> [(name: String, value: Field.Value, summary: String)] {
        let health =
            switch spool.health {
            case .ok: "ok"
            case .shedding(let reason): "shedding (" + reason + ")"
            }
        return [
            ("SpoolHealth", .text(health), "whether new mail is taken, and why not"),
            ("SpoolQueued", .number(spool.queued.value, .u64), "messages in the queue"),
            ("SpoolCommitted", .number(spool.committed.value, .u64), "messages committed since the start"),
            ("SpoolRemoved", .number(spool.removed.value, .u64), "messages removed since the start"),
            ("SpoolBatches", .number(spool.batches.value, .u64), "transactions of the store"),
            ("SpoolBatchItems", .number(spool.batchItems.value, .u64), "messages and results in them"),
            ("SpoolCommitMicroseconds", .number(spool.commitMicroseconds.value, .u64), "time spent in transactions"),
            ("SpoolSlowestCommitMicroseconds", .number(spool.slowestCommitMicroseconds.value, .u64), "the slowest one"),
            ("SpoolFailures", .number(spool.failures.value, .u64), "transactions that failed"),
        ]
    }

    private static func lines(
        of delivery: DeliveryStatistics
    ) -> [(name: String, value: Field.Value, summary: String)] {
        [
            ("MessagesSent", .number(delivery.sent.value, .u64), "recipients delivered"),
            ("MessagesDeferred", .number(delivery.deferred.value, .u64), "attempts put off, by recipient"),
            ("MessagesBounced", .number(delivery.bounced.value, .u64), "recipients refused for good"),
            ("MessagesExpired", .number(delivery.expired.value, .u64), "recipients given up after the queue lifetime"),
            ("MessagesReported", .number(delivery.reports.value, .u64), "reports made to senders"),
            ("DeliveryActive", .number(delivery.active.value, .u64), "messages held for delivery"),
            ("DeliveryConnections", .number(delivery.connections.current, .u64), "connections to next hops now"),
            ("DeliveryConnectFailures", .number(delivery.connectFailures.value, .u64), "connections that failed"),
        ]
    }
}

extension InfoSnapshot {
    /// Where our own fields begin: beyond every position that HAProxy uses.
    private static let firstExtraPosition = 1000

    /// All fields in HAProxy 2.6's order and under its names, its spelling mistakes included, then ours.
    package var fields: [Field] {
        func text(_ position: Int, _ name: String, _ tags: String, _ value: String, _ summary: String) -> Field {
            Field(position, name, tags, .text(value), summary)
        }
        func number(
            _ position: Int,
            _ name: String,
            _ tags: String,
            _ value: Int,
            _ summary: String = "not used here",
            _ width: Field.Width = .u32
        ) -> Field {
            Field(position, name, tags, .number(value, width), summary)
        }
        let product: [Field] = [
            text(0, "Name", "POS", PlainText.word(facts.name), "name of the product"),
            text(1, "Version", "POS", PlainText.word(facts.version), "version of the product"),
            text(2, "Release_date", "POS", PlainText.word(facts.releaseDate), "date of the version"),
            number(3, "Nbthread", "CGS", facts.threads, "event loops"),
            number(4, "Nbproc", "CGS", 1, "processes, always 1"),
            number(5, "Process_num", "KGP", 1, "number of the process, always 1"),
            number(6, "Pid", "SGP", facts.pid, "process id"),
            text(7, "Uptime", "MDP", DurationText.uptime(uptime), "time since the start"),
            number(8, "Uptime_sec", "MDP", uptime, "seconds since the start"),
            number(9, "Memmax_MB", "CLP", 0),
            number(10, "PoolAlloc_MB", "MGP", 0),
            number(11, "PoolUsed_MB", "MGP", 0),
            number(12, "PoolFailed", "MCP", 0),
            number(13, "Ulimit-n", "CLP", facts.descriptorLimit, "limit of file descriptors"),
            number(14, "Maxsock", "CLP", facts.descriptorLimit, "limit of sockets"),
            number(15, "Maxconn", "CLP", facts.maximumConnections, "limit of connections"),
            number(16, "Hard_maxconn", "CLP", facts.maximumConnections, "limit of connections at the start"),
        ]
        let connections: [Field] = [
            number(17, "CurrConns", "MGP", currentSessions, "connections now"),
            number(18, "CumConns", "MCP", totalSessions, "connections since the start"),
            number(19, "CumReq", "MCP", transactions, "transactions since the start"),
            number(20, "MaxSslConns", "MMP", 0), number(21, "CurrSslConns", "MGP", 0),
            number(22, "CumSslConns", "MCP", 0), number(23, "Maxpipes", "CLP", 0),
            number(24, "PipesUsed", "MGP", 0), number(25, "PipesFree", "MGP", 0),
            number(26, "ConnRate", "MRP", rate, "connections in the last second"),
            number(27, "ConnRateLimit", "CLP", 0),
            number(28, "MaxConnRate", "MMP", maximumRate, "most connections in a second"),
            number(29, "SessRate", "MRP", rate, "sessions in the last second"),
            number(30, "SessRateLimit", "CLP", 0),
            number(31, "MaxSessRate", "MRP", maximumRate, "most sessions in a second"),
            number(32, "SslRate", "MRP", 0), number(33, "SslRateLimit", "CLP", 0), number(34, "MaxSslRate", "MMP", 0),
            number(35, "SslFrontendKeyRate", "MGP", 0), number(36, "SslFrontendMaxKeyRate", "MMP", 0),
            number(37, "SslFrontendSessionReuse_pct", "MGP", 0), number(38, "SslBackendKeyRate", "MRP", 0),
            number(39, "SslBackendMaxKeyRate", "MMP", 0), number(40, "SslCacheLookups", "MCP", 0),
            number(41, "SslCacheMisses", "MCP", 0), number(42, "CompressBpsIn", "MRP", 0),
            number(43, "CompressBpsOut", "MRP", 0), number(44, "CompressBpsRateLim", "CLP", 0),
        ]
        let jobs = currentSessions + listeners
        let process: [Field] = [
            number(47, "Tasks", "MGP", jobs, "sessions and listeners"),
            number(48, "Run_queue", "MGP", 0),
            number(49, "Idle_pct", "MaP", idle, "share of time without work, percent"),
            text(50, "node", "COS", PlainText.word(facts.node), "name of the node"),
            number(52, "Stopping", "MGP", facts.isStopping() ? 1 : 0, "1 while the process drains"),
            number(53, "Jobs", "MGP", jobs, "sessions and listeners"),
            number(54, "Unstoppable Jobs", "MGP", 0),
            number(55, "Listeners", "MGP", listeners, "open frontends and stats sockets"),
            number(56, "ActivePeers", "MGP", 0), number(57, "ConnectedPeers", "MGP", 0),
            number(58, "DroppedLogs", "MGP", facts.droppedLogs(), "log lines dropped"),
            number(59, "BusyPolling", "MGP", 0), number(60, "FailedResolutions", "MGP", 0),
            number(61, "TotalBytesOut", "MGP", bytesOut, "bytes to clients since the start", .u64),
            number(62, "TotalSplicdedBytesOut", "MGP", 0, "not used here", .u64),
            number(63, "BytesOutRate", "MRP", byteRate, "bytes a second to clients", .u64),
            number(64, "DebugCommandsIssued", "MGP", 0), number(65, "CumRecvLogs", "MCP", 0),
            text(66, "Build info", "POS", facts.version, "version of the build"),
            number(67, "Memmax_bytes", "CLP", 0), number(68, "PoolAlloc_bytes", "MGP", 0, "not used here", .u64),
            number(69, "PoolUsed_bytes", "MGP", 0, "not used here", .u64),
            number(70, "Start_time_sec", "MDP", Int(clamping: facts.startTime / 1000), "when it started, since 1970"),
            text(71, "Tainted", "SGP", "0", "not used here"),
        ]
        let own = extras.enumerated().map { index, extra in
            Field(Self.firstExtraPosition + index, extra.name, "MGP", extra.value, extra.summary)
        }
        return product + connections + process + own
    }
}

/// Prints `show info` in HAProxy's shapes.
package enum InfoText {
    /// `Key: value`, one a line; a value never holds a colon, because clients split lines at it.
    package static func plain(_ fields: [Field], described: Bool) -> String {
        fields.map { field in
            let value = String(field.text.map { $0 == ":" ? ";" : $0 })
            return "\(field.name): \(value)" + (described ? ":\"\(field.summary)\"" : "") + "\n"
        }.joined()
    }

    /// `0.Name.1:POS:str:relaybox`.
    package static func typed(_ fields: [Field], described: Bool) -> String {
        fields.map { $0.typed(described: described) + "\n" }.joined()
    }

    /// A list of objects, without white space.
    package static func json(_ fields: [Field], described: Bool) -> String {
        "[" + fields.map { "{" + $0.json(described: described) + "}" }.joined(separator: ",") + "]\n"
    }
}
