// SPDX-License-Identifier: Apache-2.0

/// The names of a server mail goes to, as log lines and reports write them.
struct Relay: Sendable, Equatable {
    /// The host as configured.
    let host: String
    /// `host[address]`; without a known address `host[unknown]`.
    let name: String
    /// `host[address]:port`.
    let label: String

    init(_ hop: DeliverySettings.NextHop, address: String?) {
        host = hop.host
        name = "\(hop.host)[\(address ?? "unknown")]"
        label = "\(name):\(hop.port)"
    }
}
