// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sockets with addresses that are not this host's (ip(7), ipv6(7)).
enum TransparentSocket {
    /// IP_TRANSPARENT or IPV6_TRANSPARENT.
    static func option(for address: SocketAddress) -> ChannelOptions.Types.SocketOption {
        if case .v6 = address { return SocketOptions.transparent6 }
        return SocketOptions.transparent
    }

    /// What to do where the kernel refuses them; empty for any other error.
    static func advice(_ error: any Error) -> String {
        guard let error = error as? IOError, SystemErrors.permission.contains(error.errnoCode) else { return "" }
        return "; the process needs CAP_NET_ADMIN: set AmbientCapabilities=CAP_NET_ADMIN in the service unit"
    }
}
