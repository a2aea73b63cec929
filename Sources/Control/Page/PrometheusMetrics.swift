// SPDX-License-Identifier: Apache-2.0

/// The names under which HAProxy 2.6's exporter publishes fields of `show info` and columns of `show stat`, in its order.
enum PrometheusMetrics {
    enum Kind: String, Sendable { case counter, gauge }

    /// A field of `show info`; an empty field name: HAProxy publishes NaN.
    struct ProcessMetric: Sendable {
        let name: String
        let field: String
        let kind: Kind

        init(_ name: String, _ field: String, _ kind: Kind) {
            self.name = name
            self.field = field
            self.kind = kind
        }
    }

    /// A column of `show stat`, for the kinds of row that have it.
    struct Metric: Sendable {
        let name: String
        let column: String
        let kind: Kind
        let rows: StatColumn.Kinds
        /// Whether the column counts milliseconds and the metric seconds.
        let isMilliseconds: Bool

        init(_ name: String, _ column: String, _ kind: Kind, _ rows: StatColumn.Kinds, isMilliseconds: Bool = false) {
            self.name = name
            self.column = column
            self.kind = kind
            self.rows = rows
            self.isMilliseconds = isMilliseconds
        }
    }

    static let process: [ProcessMetric] = [
        ProcessMetric("nbthread", "Nbthread", .gauge),
        ProcessMetric("nbproc", "Nbproc", .gauge),
        ProcessMetric("relative_process_id", "Process_num", .gauge),
        ProcessMetric("uptime_seconds", "Uptime_sec", .gauge),
        ProcessMetric("pool_failures_total", "PoolFailed", .counter),
        ProcessMetric("max_fds", "Ulimit-n", .gauge),
        ProcessMetric("max_sockets", "Maxsock", .gauge),
        ProcessMetric("max_connections", "Maxconn", .gauge),
        ProcessMetric("hard_max_connections", "Hard_maxconn", .gauge),
        ProcessMetric("current_connections", "CurrConns", .gauge),
        ProcessMetric("connections_total", "CumConns", .counter),
        ProcessMetric("requests_total", "CumReq", .counter),
        ProcessMetric("max_ssl_connections", "MaxSslConns", .gauge),
        ProcessMetric("current_ssl_connections", "CurrSslConns", .gauge),
        ProcessMetric("ssl_connections_total", "CumSslConns", .counter),
        ProcessMetric("max_pipes", "Maxpipes", .gauge),
        ProcessMetric("pipes_used_total", "PipesUsed", .counter),
        ProcessMetric("pipes_free_total", "PipesFree", .counter),
        ProcessMetric("current_connection_rate", "ConnRate", .gauge),
        ProcessMetric("limit_connection_rate", "ConnRateLimit", .gauge),
        ProcessMetric("max_connection_rate", "MaxConnRate", .gauge),
        ProcessMetric("current_session_rate", "SessRate", .gauge),
        ProcessMetric("limit_session_rate", "SessRateLimit", .gauge),
        ProcessMetric("max_session_rate", "MaxSessRate", .gauge),
        ProcessMetric("current_ssl_rate", "SslRate", .gauge),
        ProcessMetric("limit_ssl_rate", "SslRateLimit", .gauge),
        ProcessMetric("max_ssl_rate", "MaxSslRate", .gauge),
        ProcessMetric("current_frontend_ssl_key_rate", "SslFrontendKeyRate", .gauge),
        ProcessMetric("max_frontend_ssl_key_rate", "SslFrontendMaxKeyRate", .gauge),
        ProcessMetric("frontend_ssl_reuse", "SslFrontendSessionReuse_pct", .gauge),
        ProcessMetric("current_backend_ssl_key_rate", "SslBackendKeyRate", .gauge),
        ProcessMetric("max_backend_ssl_key_rate", "SslBackendMaxKeyRate", .gauge),
        ProcessMetric("ssl_cache_lookups_total", "SslCacheLookups", .counter),
        ProcessMetric("ssl_cache_misses_total", "SslCacheMisses", .counter),
        ProcessMetric("http_comp_bytes_in_total", "CompressBpsIn", .counter),
        ProcessMetric("http_comp_bytes_out_total", "CompressBpsOut", .counter),
        ProcessMetric("limit_http_comp", "CompressBpsRateLim", .gauge),
        ProcessMetric("current_zlib_memory", "", .gauge),
        ProcessMetric("max_zlib_memory", "", .gauge),
        ProcessMetric("current_tasks", "Tasks", .gauge),
        ProcessMetric("current_run_queue", "Run_queue", .gauge),
        ProcessMetric("idle_time_percent", "Idle_pct", .gauge),
        ProcessMetric("stopping", "Stopping", .gauge),
        ProcessMetric("jobs", "Jobs", .gauge),
        ProcessMetric("unstoppable_jobs", "Unstoppable Jobs", .gauge),
        ProcessMetric("listeners", "Listeners", .gauge),
        ProcessMetric("active_peers", "ActivePeers", .gauge),
        ProcessMetric("connected_peers", "ConnectedPeers", .gauge),
        ProcessMetric("dropped_logs_total", "DroppedLogs", .counter),
        ProcessMetric("busy_polling_enabled", "BusyPolling", .gauge),
        ProcessMetric("failed_resolutions", "FailedResolutions", .counter),
        ProcessMetric("bytes_out_total", "TotalBytesOut", .counter),
        ProcessMetric("spliced_bytes_out_total", "TotalSplicdedBytesOut", .counter),
        ProcessMetric("bytes_out_rate", "BytesOutRate", .gauge),
        ProcessMetric("recv_logs_total", "CumRecvLogs", .counter),
        ProcessMetric("max_memory_bytes", "Memmax_bytes", .gauge),
        ProcessMetric("pool_allocated_bytes", "PoolAlloc_bytes", .gauge),
        ProcessMetric("pool_used_bytes", "PoolUsed_bytes", .gauge),
        ProcessMetric("start_time_seconds", "Start_time_sec", .gauge),
    ]

    static let rows: [Metric] = [
        Metric("current_sessions", "scur", .gauge, [.frontend, .backend, .server]),
        Metric("max_sessions", "smax", .gauge, [.frontend, .backend, .server]),
        Metric("limit_sessions", "slim", .gauge, [.frontend, .backend, .server]),
        Metric("sessions_total", "stot", .counter, [.frontend, .backend, .server]),
        Metric("bytes_in_total", "bin", .counter, [.frontend, .backend, .server]),
        Metric("bytes_out_total", "bout", .counter, [.frontend, .backend, .server]),
        Metric("requests_denied_total", "dreq", .counter, [.frontend, .backend]),
        Metric("responses_denied_total", "dresp", .counter, [.frontend, .backend, .server]),
        Metric("request_errors_total", "ereq", .counter, [.frontend]),
        Metric("limit_session_rate", "rate_lim", .gauge, [.frontend]),
        Metric("max_session_rate", "rate_max", .gauge, [.frontend, .backend, .server]),
        Metric("connections_rate_max", "conn_rate_max", .gauge, [.frontend]),
        Metric("connections_total", "conn_tot", .counter, [.frontend]),
        Metric("denied_connections_total", "dcon", .counter, [.frontend]),
        Metric("denied_sessions_total", "dses", .counter, [.frontend]),
        Metric("failed_header_rewriting_total", "wrew", .counter, [.frontend, .backend, .server]),
        Metric("internal_errors_total", "eint", .counter, [.frontend, .backend, .server]),
        Metric("current_queue", "qcur", .gauge, [.backend, .server]),
        Metric("max_queue", "qmax", .gauge, [.backend, .server]),
        Metric("connection_errors_total", "econ", .counter, [.backend, .server]),
        Metric("response_errors_total", "eresp", .counter, [.backend, .server]),
        Metric("retry_warnings_total", "wretr", .counter, [.backend, .server]),
        Metric("redispatch_warnings_total", "wredis", .counter, [.backend, .server]),
        Metric("weight", "weight", .gauge, [.backend, .server]),
        Metric("active_servers", "act", .gauge, [.backend]),
        Metric("backup_servers", "bck", .gauge, [.backend]),
        Metric("check_up_down_total", "chkdown", .counter, [.backend, .server]),
        Metric("check_last_change_seconds", "lastchg", .gauge, [.backend, .server]),
        Metric("downtime_seconds_total", "downtime", .counter, [.backend, .server]),
        Metric("loadbalanced_total", "lbtot", .counter, [.backend, .server]),
        Metric("client_aborts_total", "cli_abrt", .counter, [.backend, .server]),
        Metric("server_aborts_total", "srv_abrt", .counter, [.backend, .server]),
        Metric("last_session_seconds", "lastsess", .gauge, [.backend, .server]),
        Metric("queue_time_average_seconds", "qtime", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("connect_time_average_seconds", "ctime", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("response_time_average_seconds", "rtime", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("total_time_average_seconds", "ttime", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("connection_attempts_total", "connect", .counter, [.backend, .server]),
        Metric("connection_reuses_total", "reuse", .counter, [.backend, .server]),
        Metric("max_queue_time_seconds", "qtime_max", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("max_connect_time_seconds", "ctime_max", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("max_response_time_seconds", "rtime_max", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("max_total_time_seconds", "ttime_max", .gauge, [.backend, .server], isMilliseconds: true),
        Metric("uweight", "uweight", .gauge, [.backend, .server]),
        Metric("check_failures_total", "chkfail", .counter, [.server]),
        Metric("queue_limit", "qlimit", .gauge, [.server]),
        Metric("current_throttle", "throttle", .gauge, [.server]),
        Metric("check_code", "check_code", .gauge, [.server]),
        Metric("check_duration_seconds", "check_duration", .gauge, [.server], isMilliseconds: true),
        Metric("idle_connections_current", "srv_icur", .gauge, [.server]),
        Metric("idle_connections_limit", "src_ilim", .gauge, [.server]),
        Metric("unsafe_idle_connections_current", "idle_conn_cur", .gauge, [.server]),
        Metric("safe_idle_connections_current", "safe_conn_cur", .gauge, [.server]),
        Metric("used_connections_current", "used_conn_cur", .gauge, [.server]),
        Metric("need_connections_current", "need_conn_est", .gauge, [.server]),
    ]

    /// The states of a check (HAProxy management guide 9.1, check_status) that have a series each.
    static let checkStates = [
        "HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK", "L7OKC",
        "L7STS", "PROCERR", "PROCTOUT", "PROCOK",
    ]
    static let serverStates = ["DOWN", "UP", "MAINT", "DRAIN", "NOLB"]
}
