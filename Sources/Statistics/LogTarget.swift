// SPDX-License-Identifier: Apache-2.0

/// One `log` line of the configuration: where lines go and in which shape (HAProxy configuration manual, `log`).
package struct LogTarget: Sendable, Equatable {
    /// Where the lines go.
    package enum Destination: Sendable, Equatable {
        case journal
        case stdout
        case stderr
        /// A syslog server by UDP.
        case datagram(host: String, port: Int)
        /// A syslog socket such as `/dev/log`.
        case unix(path: String)
    }

    /// The header in front of a line.
    package enum Format: String, Sendable, CaseIterable {
        /// `<PRI>Mmm dd hh:mm:ss ident[pid]: message`: HAProxy's default to a syslog socket.
        case local
        /// `<PRI>Mmm dd hh:mm:ss host ident[pid]: message`
        case rfc3164
        /// `<PRI>1 timestamp host ident pid - - message`
        case rfc5424
        /// `<PRI>message`
        case priority
        /// `<severity>message`
        case short
        /// `<severity>yyyy-mm-ddThh:mm:ss.uuuuuu+hh:mm message`
        case timed
        /// `yyyy-mm-ddThh:mm:ss.uuuuuu+hh:mm message`
        case iso
        /// The message alone.
        case raw
        /// `Mmm dd hh:mm:ss host ident[pid]: message`: the line as it stands in a mail log, without a priority.
        case maillog
    }

    /// Where lines go, and what stands in front of them.
    package var destination: Destination
    /// The header in front of each line.
    package var format: Format
    /// The facility's number, 0 (kern) to 23 (local7).
    package var facility: Int
    /// The least serious level that is written.
    package var maximum: Severity
    /// The most serious level that a line is given: what is more serious goes out with this one (HAProxy: minlevel).
    package var minimum = Severity.emergency
    /// Bytes of a whole line; nil: only the message is bounded.
    package var length: Int?
    /// A bit for each channel whose lines are written; bit 0 is that of the process and of `log global`.
    package var channels: UInt64 = 1

    /// Without arguments: mail lines to the journal. `facility` 2 is mail (RFC 5424 section 6.2.1).
    package init(
        destination: Destination = .journal,
        format: Format = .maillog,
        facility: Int = 2,
        maximum: Severity = .informational
    ) {
        self.destination = destination
        self.format = format
        self.facility = facility
        self.maximum = maximum
    }
}
