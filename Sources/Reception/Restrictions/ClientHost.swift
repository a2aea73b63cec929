// SPDX-License-Identifier: Apache-2.0

/// What the DNS says of the client's name (Postfix: smtpd_peer).
package struct ClientHost: Sendable, Equatable {
    /// How far a name can be believed.
    package enum Status: Sendable, Equatable {
        case known
        /// The DNS did not answer.
        case trouble
        /// There is none, or it was not looked up.
        case unknown
        /// The name's addresses do not contain the client's.
        case forged
    }

    /// The name whose addresses contain the client's; nil: none.
    package var name: String?
    /// How far `name` can be believed.
    package var status = Status.unknown
    /// The name at the address, believed or not; nil: none.
    package var reverseName: String?
    /// Whether there is a name at the address.
    package var reverseStatus = Status.unknown

    /// What the log is to be told of a name that cannot be believed.
    package var warning: String?

    package init() {}

    /// A name that was looked up and confirmed.
    package init(name: String) {
        self.name = name
        reverseName = name
        status = .known
        reverseStatus = .known
    }

    /// The name as log lines have it.
    package var logName: String { name ?? "unknown" }
    var logReverseName: String { reverseName ?? "unknown" }
}
