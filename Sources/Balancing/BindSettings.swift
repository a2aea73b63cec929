// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// One `bind` line (HAProxy configuration manual 5.1).
package struct BindSettings: Sendable, Equatable {
    /// What a listener listens on.
    package enum Address: Sendable, Equatable {
        /// An IP address (`0.0.0.0` for `*`, `::` for every IPv6 address) and a port; port 0 lets the kernel choose.
        case ip(host: String, port: Int)
        /// A UNIX stream socket.
        case unix(path: String)
        /// The socket that systemd passes under this name (FileDescriptorName=).
        case systemd(name: String)
    }

    /// Where it listens; a reload keeps the sockets of an address that stays.
    package var address: Address
    /// `v4v6`: an IPv6 address takes IPv4 clients as well; without it `::` is IPv6 only, as in HAProxy.
    package var acceptsIPv4 = false
    /// `transparent`: connections to addresses that are not this host's are taken, where routing brings them here.
    package var isTransparent = false
    /// Whether every connection must begin with a PROXY header.
    package var acceptProxy = false
    /// Who may send a header; nil: anybody who reaches the address may.
    package var proxyFrom: [AddressRange]?
    /// How long the header may take, milliseconds.
    package var headerTimeout = 5_000
    /// The name in `show stat` and log lines; nil: the frontend's name is used.
    package var name: String?
    /// Length of the kernel's queue of connections that nobody accepted yet.
    package var backlog = 1_024

    /// A listener for anybody, without PROXY headers.
    package init(address: Address) {
        self.address = address
    }
}
