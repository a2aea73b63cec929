// SPDX-License-Identifier: Apache-2.0

/// What a stick table may store about a key, in the order in which HAProxy prints it (HAProxy configuration manual 4.2,
/// `stick-table`).
package enum StickCounter: String, Sendable, Equatable, CaseIterable {
    /// A number that rules and operators set.
    case gpt0
    /// A counter that rules count up.
    case gpc0
    case gpc0Rate = "gpc0_rate"
    /// Connections that were tracked.
    case connections = "conn_cnt"
    case connectionRate = "conn_rate"
    /// Connections that are tracked now.
    case current = "conn_cur"
    /// Connections that no `connection` or `session` rule rejected.
    case sessions = "sess_cnt"
    case sessionRate = "sess_rate"
    /// Bytes from clients; they come in portions while a session lives.
    case bytesIn = "bytes_in_cnt"
    case bytesInRate = "bytes_in_rate"
    /// Bytes to clients; they come in portions while a session lives.
    case bytesOut = "bytes_out_cnt"
    case bytesOutRate = "bytes_out_rate"

    /// Whether it is counted over a period.
    package var isRate: Bool {
        switch self {
        case .gpc0Rate, .connectionRate, .sessionRate, .bytesInRate, .bytesOutRate: true
        case .gpt0, .gpc0, .connections, .current, .sessions, .bytesIn, .bytesOut: false
        }
    }
}

/// One `stick-table` line.
package struct StickTableSettings: Sendable, Hashable {
    /// `type`: what addresses are keys.
    package enum KeyType: String, Sendable, Equatable, CaseIterable {
        /// IPv4 addresses; a client of IPv6 is not counted.
        case ip
        /// Addresses of both families, IPv4 as `::ffff:a.b.c.d`.
        case ipv6
    }

    /// One word of `store`.
    package struct Stored: Sendable, Hashable {
        /// What is stored.
        package var counter: StickCounter
        /// Milliseconds, where it is a rate; otherwise 0.
        package var period: Int

        /// One word of `store`, with its period in milliseconds.
        package init(_ counter: StickCounter, period: Int = 0) {
            self.counter = counter
            self.period = period
        }
    }

    /// The section's name.
    package var name: String
    /// Which addresses are counted at all.
    package var type = KeyType.ip
    /// Keys at once; the one that was not seen for longest makes room, unless `nopurge`.
    package var size: Int
    /// Milliseconds after which a key that was not seen is forgotten; nil: never.
    package var expiry: Int?
    /// `nopurge`: a full table takes no new key, and nobody is forgotten for one.
    package var keepsOldest = false
    /// What is counted, in HAProxy's order, each once.
    package var stored: [Stored] = []

    /// A table that stores nothing yet; `size` in keys, `RuleLimits.tableEntries` at most.
    package init(name: String, size: Int) {
        self.name = name
        self.size = size
    }
}
