// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// One `backend` section, or the backend half of a `listen` section (HAProxy configuration manual 4).
package struct BackendSettings: Sendable, Equatable {
    /// How a server is chosen (`balance`).
    package enum Algorithm: Sendable, Equatable {
        /// By turns, in the measure of the weights.
        case roundrobin
        /// As `roundrobin`, and weights do not grow by `slowstart`.
        case staticRoundRobin
        /// The server with the fewest sessions for its weight; among equals the one that was chosen longest ago.
        case leastconn
        /// By the client's address, as `hashType` says.
        case source
        /// The first server in the file that has room.
        case first
        /// The least loaded of so many that are drawn by weight.
        case random(draws: Int)
    }

    /// How `balance source` finds the server for an address (`hash-type`).
    package enum HashType: String, Sendable, Equatable {
        /// Counted off; a change of the servers moves most clients.
        case mapBased = "map-based"
        /// The nearest on a ring; a server that leaves moves its own clients only.
        case consistent
    }

    /// The section's name: what `default_backend`, statistics and log lines call it.
    package var name: String
    /// `balance`; HAProxy's default without a line is `roundrobin` too.
    package var algorithm = Algorithm.roundrobin
    /// `hash-type`, looked at by `balance source` alone.
    package var hashType = HashType.mapBased
    /// `avalanche`: addresses are mixed first, so that neighbours are far from each other.
    package var mixesHash = false
    /// `server` lines in the order of the file; their places are their ids in `show stat` and on the ring of `source`.
    package var servers: [ServerSettings] = []
    /// `option smtp`: the balancer may speak SMTP to the client when it has no server. Nil: on where a server is a pool.
    package var speaksSMTP: Bool?
    /// `timeout connect`, milliseconds; nil: no limit.
    package var connectTimeout: Int?
    /// `timeout server`: milliseconds without a byte from the server; nil: no limit.
    package var serverTimeout: Int?
    /// `timeout queue`: milliseconds a connection may wait for a server; nil: as `timeout connect`.
    package var queueTimeout: Int?
    /// `timeout check`, milliseconds; nil: the check interval.
    package var checkTimeout: Int?
    /// `timeout greeting`: milliseconds until a server has greeted, where clients speak SMTP, before the next one is tried.
    package var greetingTimeout = 30_000
    /// `timeout shutdown`: milliseconds that a forwarded session which an operator ends may take until nothing is under way, where
    /// clients speak SMTP; then it is cut.
    package var shutdownTimeout = 60_000
    /// `option allbackups`: while no other server is up, all backup servers are used and not only the first.
    package var usesAllBackups = false
    /// `source`: the address that connections come from, for servers that do not say their own.
    package var source: SourceSettings?
    /// `retries`: further connection attempts after a failed one.
    package var retries = 3
    /// `option redispatch`: a retry goes to another server.
    package var redispatches = false
    /// `option redispatch INTERVAL`: every so many retries; -1 the last one, -2 the one before it.
    package var redispatchInterval = -1
    /// `fullconn`: from how many connections on servers with `minconn` may have `maxconn` of them; printed as the backend's session
    /// limit. 0: a tenth of what the frontends that lead to it take at once.
    package var fullConnections = 0
    /// `option log-health-checks`: every change of a check's status leaves a line.
    package var logsHealthChecks = false
    /// `option smtpchk`, `option tcp-check`: what a check does.
    package var checkMethod = CheckMethod.connect
    /// `option smtpchk ... starttls`: the check's dialogue is encrypted after the hello.
    package var checksStartTLS = false
    /// The `tcp-check` lines, done where the method is `steps`.
    package var checkSteps: [CheckStep] = []
    /// `tcp-request content` and its delay; the other kinds of rules are a frontend's.
    package var rules = RuleSettings()

    /// A backend without servers, everything else as HAProxy has it by default.
    package init(name: String) {
        self.name = name
    }
}

/// One `server` line (HAProxy configuration manual 5.2).
package struct ServerSettings: Sendable, Equatable {
    /// Where a server is.
    package enum Target: Sendable, Equatable {
        /// A pool of this process (`pool@NAME`).
        case pool(name: String)
        /// A TCP address: IP address or host name, and port.
        case tcp(host: String, port: Int)
        /// A UNIX stream socket.
        case unix(path: String)
    }

    /// What operators, statistics and log lines call it; unique in its backend.
    package var name: String
    /// Where its connections go; a change of it by a reload begins its health anew.
    package var target: Target
    /// `send-proxy` or `send-proxy-v2`; a pool always gets version 2.
    package var sendProxy: ProxyHeaderVersion?
    /// `proxy-v2-options`: what version 2 headers say beside the addresses.
    package var proxyOptions: [ProxyOption] = []
    /// 0 to 256; 0 takes no new connection.
    package var weight = 1
    /// `backup`: used only while no server without this word is usable.
    package var backup = false
    /// Connections at once; further ones wait. 0: no limit.
    package var maximumConnections = 0
    /// `minconn`: connections that the server may always have; between it and `maximumConnections` the limit follows the
    /// backend's load. 0: as `maximumConnections`.
    package var minimumConnections = 0
    /// `slowstart`: milliseconds until a server that came up again gets its full share; 0: at once.
    package var slowStart = 0
    /// `source`; nil: the backend's.
    package var source: SourceSettings?
    /// `check` and its timers, milliseconds.
    package var check = false
    /// `inter`: milliseconds between two checks, and the time of one where `timeout check` does not say it.
    package var checkInterval = 2_000
    /// `fastinter`: milliseconds while it is on its way up or down; nil: as `inter`.
    package var checkFastInterval: Int?
    /// `downinter`: milliseconds while it is fully down; nil: as `inter`.
    package var checkDownInterval: Int?
    /// `rise`: passed checks in a row that bring it up.
    package var rise = 2
    /// `fall`: failed checks in a row that take it down.
    package var fall = 3
    /// `observe layer4`: connections of sessions count for its health, as `observation` says; needs `check`.
    package var observes = false
    /// `error-limit` and `on-error`; only looked at where `observes` is set.
    package var observation = ObservationSettings()
    /// `on-marked-down shutdown-sessions`: its sessions end when it goes down.
    package var endsSessionsWhenDown = false
    /// `on-marked-up shutdown-backup-sessions`: sessions of backup servers end when it comes up.
    package var endsBackupSessionsWhenUp = false
    /// `port`: where checks go instead of the server's port; they inherit no PROXY header then.
    package var checkPort: Int?
    /// `check-send-proxy`: checks begin with a PROXY header even where they inherit none.
    package var checksSendProxy = false
    /// `check-ssl`, `verify` and what belongs to them.
    package var checkTLS = CheckTLSSettings()
    /// `disabled`: starts in maintenance.
    package var disabled = false

    /// A server without checks and limits, of weight 1.
    package init(name: String, target: Target) {
        self.name = name
        self.target = target
    }
}
