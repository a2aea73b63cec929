// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Linux's socket options for addresses that are not this host's (ip(7), ipv6(7)), which NIO has no names for.
enum TransparentSocket {
    private static let ip = ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: 19))
    private static let ipv6 = ChannelOptions.Types.SocketOption(level: .ipv6, name: .init(rawValue: 75))

    /// IP_BIND_ADDRESS_NO_PORT, for both families.
    static let bindAddressNoPort = ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: 24))

    /// IP_TRANSPARENT or IPV6_TRANSPARENT.
    static func option(for address: SocketAddress) -> ChannelOptions.Types.SocketOption {
        if case .v6 = address { return ipv6 }
        return ip
    }

    /// What to do where the kernel refuses them; empty for any other error.
    static func advice(_ error: any Error) -> String {
        guard let error = error as? IOError, error.errnoCode == 1 || error.errnoCode == 13 else { return "" }
        return "; the process needs CAP_NET_ADMIN: set AmbientCapabilities=CAP_NET_ADMIN in the service unit"
    }
}
