// SPDX-License-Identifier: Apache-2.0

/// One `frontend` section, or the frontend half of a `listen` section (HAProxy configuration manual 4).
package struct FrontendSettings: Sendable, Equatable {
    /// The section's name: what statistics and log lines call it.
    package var name: String
    /// `bind` lines; their places from 1 on name listeners that have no name.
    package var binds: [BindSettings] = []
    /// Connections at once; further ones wait in the kernel's queue. 0: only the process's limit.
    package var maximumConnections = 0
    /// `default_backend`; nil: sessions that no `use_backend` takes end with flag `SC`.
    package var defaultBackend: String?
    /// `timeout client`: milliseconds without a byte from the client, nil: no limit.
    package var clientTimeout: Int?
    /// Whether sessions are logged at all (`log global` or a log line of its own).
    package var logs = false
    /// `option tcplog`: HAProxy's TCP line; otherwise HAProxy's short connect line.
    package var tcpLog = false
    /// `option dontlognull`: sessions without a byte leave no line.
    package var omitsNullSessions = false
    /// Everything else about those lines.
    package var log = SessionLogSettings()
    /// `disabled`: no listener is opened.
    package var disabled = false
    /// `unique-id-format`: the id of a session in headers to servers.
    package var uniqueIDFormat: UniqueIDFormat?
    /// `tcp-request`, `use_backend`.
    package var rules = RuleSettings()

    /// A frontend without an address, unlogged and without a limit of its own.
    package init(name: String) {
        self.name = name
    }
}
