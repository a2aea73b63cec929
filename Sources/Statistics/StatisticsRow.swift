// SPDX-License-Identifier: Apache-2.0

/// A row of `show stat` before it is printed: what a role knows of a frontend, server or backend at one moment.
///
/// Fields that a row type leaves empty in HAProxy's CSV are nil (HAProxy management guide 9.1).
package struct StatisticsRow: Sendable {
    /// The row types with HAProxy's numbers.
    package enum Kind: Int, Sendable {
        case frontend = 0
        case backend = 1
        case server = 2
        case listener = 3
    }

    /// Decides which columns are printed.
    package var kind: Kind
    /// pxname and svname.
    package var proxy: String
    /// svname: the server's name, `FRONTEND` or `BACKEND`.
    package var service: String
    /// iid and sid.
    package var proxyID: Int
    /// sid: a server's place in its backend from 1; 0 for the others.
    package var serviceID: Int
    /// `tcp` or `http`.
    package var mode: String
    /// The counters, shared with the role that counts: they move on while the row is printed.
    package var statistics: ProxyStatistics
    /// `OPEN`, `STOP`, `UP`, `UP 1/3`, `DOWN`, `MAINT`, `DRAIN`, `no check`, ...
    package var status: String
    /// slim: the session limit, nil when there is none.
    package var sessionLimit: Int?
    /// Effective and configured weight.
    package var weight: Int?
    /// uweight: as an operator or the file set it.
    package var configuredWeight: Int?
    /// Active and backup servers that are up; for a server 1/0 or 0/1.
    package var active: Int?
    /// Backup servers that are usable; of a server 1 where it is one.
    package var backup: Int?
    /// Seconds since the last change of status, and seconds spent down.
    package var lastChange: Int?
    /// Seconds spent down since the start.
    package var downtime: Int?
    /// Seconds since the last session, -1 when there was none.
    package var lastSession: Int?
    /// The last check: status such as `L4OK`, code, duration in milliseconds, text, rise, fall and health.
    package var check: CheckRow?
    /// qtime, ctime, rtime, ttime: averages over the last 1024 sessions, milliseconds, and their maxima.
    package var times: (queue: Int, connect: Int, response: Int, total: Int) = (0, 0, 0, 0)
    /// The greatest of each, milliseconds: qtime_max, ctime_max, rtime_max, ttime_max.
    package var maximumTimes: (queue: Int, connect: Int, response: Int, total: Int) = (0, 0, 0, 0)
    /// `127.0.0.1:2525`, or `pool@NAME`.
    package var address: String?
    /// `roundrobin`, `leastconn`, ...
    package var algorithm: String?
    /// What sessions found wrong with a server that is not checked, for last_chk.
    package var note: String?
    /// throttle: percent of its share that a server has while `slowstart` lasts; nil otherwise.
    package var throttle: Int?
    /// qlimit: connections that may wait for this server.
    package var queueLimit: Int?

    /// What every row has; the rest is set where the kind prints it.
    package init(
        kind: Kind,
        proxy: String,
        service: String,
        proxyID: Int,
        serviceID: Int,
        mode: String = "tcp",
        statistics: ProxyStatistics,
        status: String
    ) {
        self.kind = kind
        self.proxy = proxy
        self.service = service
        self.proxyID = proxyID
        self.serviceID = serviceID
        self.mode = mode
        self.statistics = statistics
        self.status = status
    }
}

/// The check columns of a server's row.
package struct CheckRow: Sendable {
    /// `L4OK`, `L4CON`, `L4TOUT`, `INI`, ...
    package var status: String
    /// check_code: the reply code; nil where the check has none.
    package var code: Int?
    /// Milliseconds.
    package var duration: Int
    /// last_chk: what the check saw, without commas.
    package var text: String
    /// check_desc: the status in words.
    package var description: String
    /// Checks in a row that change the state, and where it stands: from 0 to rise + fall - 1.
    package var rise: Int
    /// Failed checks in a row that take it down.
    package var fall: Int
    /// Where it stands; from `rise` on it is up.
    package var health: Int

    /// What one check found, and where the server stands with it.
    package init(
        status: String,
        code: Int? = nil,
        duration: Int,
        text: String,
        description: String,
        rise: Int,
        fall: Int,
        health: Int
    ) {
        self.status = status
        self.code = code
        self.duration = duration
        self.text = text
        self.description = description
        self.rise = rise
        self.fall = fall
        self.health = health
    }
}

/// A line of `show sess`.
package struct SessionRow: Sendable {
    /// The number that `shutdown session` takes.
    package var id: UInt64
    /// `tcpv4`, `tcpv6` or `unix_stream`.
    package var transport: String
    /// The client's address and port.
    package var source: String
    /// fe: the frontend's name.
    package var frontend: String
    /// be: the backend's name, `<NONE>` before there is one.
    package var backend: String
    /// srv: the server's name, `<none>` before there is one.
    package var server: String
    /// Whole seconds since the session began.
    package var age: Int
    /// Where the dialogue is: `greeting`, `ready`, `mail`, `data`, `-` for a forwarded session.
    package var phase: String

    /// A session as it is at this moment.
    package init(
        id: UInt64,
        transport: String,
        source: String,
        frontend: String,
        backend: String,
        server: String,
        age: Int,
        phase: String
    ) {
        self.id = id
        self.transport = transport
        self.source = source
        self.frontend = frontend
        self.backend = backend
        self.server = server
        self.age = age
        self.phase = phase
    }
}

/// A line of `show servers state` (HAProxy management guide, server state file version 1).
package struct ServerStateRow: Sendable {
    /// HAProxy's numbers and the names of the file.
    package var backendID: Int
    /// The backend's name.
    package var backend: String
    /// The server's place in its backend, from 1.
    package var serverID: Int
    /// The server's name.
    package var server: String
    /// The address without a port; `-` for a pool.
    package var address: String
    /// 0 for a pool and a UNIX socket.
    package var port: Int
    /// 0 stopped, 2 running.
    package var operationalState: Int
    /// Bits: 1 forced maintenance, 4 maintenance from the configuration, 8 forced drain.
    package var administrativeState: Int
    /// Weights as an operator and as the file set them.
    package var userWeight: Int
    /// The weight of the file, 0 to 256.
    package var initialWeight: Int
    /// Seconds.
    package var sinceLastChange: Int
    /// HAProxy's numbers for check status, result, health and state.
    package var checkStatus: Int
    /// 0 unknown, 2 failed, 3 passed (HAProxy: CHK_RES_*).
    package var checkResult: Int
    /// From 0 to `rise + fall - 1`; 0 without checks.
    package var checkHealth: Int
    /// Bits: 2 configured, 4 enabled, 8 paused (HAProxy: CHK_ST_*).
    package var checkState: Int

    /// All columns of a line.
    package init(
        backendID: Int,
        backend: String,
        serverID: Int,
        server: String,
        address: String,
        port: Int,
        operationalState: Int,
        administrativeState: Int,
        userWeight: Int,
        initialWeight: Int,
        sinceLastChange: Int,
        checkStatus: Int,
        checkResult: Int,
        checkHealth: Int,
        checkState: Int
    ) {
        self.backendID = backendID
        self.backend = backend
        self.serverID = serverID
        self.server = server
        self.address = address
        self.port = port
        self.operationalState = operationalState
        self.administrativeState = administrativeState
        self.userWeight = userWeight
        self.initialWeight = initialWeight
        self.sinceLastChange = sinceLastChange
        self.checkStatus = checkStatus
        self.checkResult = checkResult
        self.checkHealth = checkHealth
        self.checkState = checkState
    }
}
