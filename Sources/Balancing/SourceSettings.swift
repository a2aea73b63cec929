// SPDX-License-Identifier: Apache-2.0

/// Where connections to a server come from: `source ADDRESS[:PORT] [usesrc client|clientip|ADDRESS]` (HAProxy configuration
/// manual 4.2 and 5.2).
package struct SourceSettings: Sendable, Equatable {
    /// Whose address the server sees.
    package enum Shown: Sendable, Equatable {
        /// The address of this line.
        case own
        /// The client's address and port (`usesrc client`).
        case client
        /// The client's address and any port (`usesrc clientip`).
        case clientAddress
        /// An address that need not be this host's.
        case foreign(host: String, port: Int)
    }

    /// An IP address of this host; nil (`0.0.0.0`, `*`, `::`): whichever fits. Checks come from it.
    package var host: String?
    /// 0: any.
    package var port = 0
    /// `usesrc`; anything but `own` needs CAP_NET_ADMIN and routes that lead answers back here.
    package var shown = Shown.own

    /// A `source` line.
    package init(host: String?, port: Int = 0, shown: Shown = .own) {
        self.host = host
        self.port = port
        self.shown = shown
    }
}
