// SPDX-License-Identifier: Apache-2.0

/// The names of a server mail goes to, as log lines and reports write them.
struct Relay: Sendable, Equatable {
    /// The host as configured, or as a mail exchanger record names it.
    let host: String
    /// `host[address]`; without a known address `host[unknown]`.
    let name: String
    /// `host[address]:port`.
    let label: String

    init(host: String, address: String?, port: Int) {
        self.host = host
        name = "\(host)[\(address ?? "unknown")]"
        label = "\(name):\(port)"
    }
}
