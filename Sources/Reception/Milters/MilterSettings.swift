// SPDX-License-Identifier: Apache-2.0

/// How a filter is dealt with (Postfix: milter_*). All times are milliseconds.
package struct MilterManner: Sendable, Equatable {
    /// milter_default_action: what becomes of mail while the filter is down.
    package enum DefaultAction: String, Sendable, Equatable, CaseIterable {
        case accept, reject, tempfail, quarantine, shutdown
    }

    /// Postfix's default.
    package var defaultAction = DefaultAction.tempfail
    /// milter_connect_timeout, milter_command_timeout and milter_content_timeout.
    package var connectTimeout = 30_000
    /// milter_command_timeout: the answer to a command before the content.
    package var commandTimeout = 30_000
    /// milter_content_timeout: the answer to anything from the headers on.
    package var contentTimeout = 300_000
    /// milter_protocol: 2, 3, 4 or 6.
    package var version = 6

    package init() {}
}

/// One filter of `smtpd_milters`.
package struct MilterSettings: Sendable, Equatable {
    /// What a filter has of its own where the rest has what the pool says.
    package enum Exception: Sendable, Equatable {
        case defaultAction(MilterManner.DefaultAction)
        case connectTimeout(Int)
        case commandTimeout(Int)
        case contentTimeout(Int)
        case version(Int)
    }

    /// As the file has it, for log lines: `inet:127.0.0.1:8891`.
    package var name: String
    /// Where it listens.
    package var address: FilterAddress
    /// What it has of its own, in the order of the file; the last of a kind counts.
    package var exceptions: [Exception] = []

    /// A filter that is dealt with as the pool says.
    package init(name: String, address: FilterAddress) {
        self.name = name
        self.address = address
    }

    /// How the filter is dealt with in a pool that deals so with all of them.
    package func manner(in pool: MilterManner) -> MilterManner {
        var manner = pool
        for exception in exceptions {
            switch exception {
            case .defaultAction(let action): manner.defaultAction = action
            case .connectTimeout(let time): manner.connectTimeout = time
            case .commandTimeout(let time): manner.commandTimeout = time
            case .contentTimeout(let time): manner.contentTimeout = time
            case .version(let version): manner.version = version
            }
        }
        return manner
    }
}
