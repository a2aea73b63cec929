// SPDX-License-Identifier: Apache-2.0

package import Resolving

/// A server to connect to: one address of one host.
package struct HopTarget: Sendable, Equatable {
    /// The host's name, as log lines show it.
    package var host: String
    /// Nil: the name is looked up by whoever connects.
    package var address: HostAddress?
    /// From 1 to 65535.
    package var port: Int

    /// One address of one host.
    package init(host: String, address: HostAddress?, port: Int) {
        self.host = host
        self.address = address
        self.port = port
    }
}

extension HopTarget {
    /// The server that a next hop names by its address; nil when it names it otherwise.
    init?(literal hop: DeliverySettings.NextHop) {
        guard let address = HostAddress(literal: hop.host) else { return nil }
        self.init(host: hop.host, address: address, port: hop.port)
    }
}
