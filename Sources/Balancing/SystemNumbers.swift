// SPDX-License-Identifier: Apache-2.0

// why: the numbers of errors and socket options have their names there; NIO passes them on without.
import Glibc
import NIOCore

/// What the operating system's error numbers mean to the balancer (errno(3)).
enum SystemErrors {
    /// Its usual words, for those that an operator meets.
    static let words: [Int32: String] = [
        EPERM: "Operation not permitted", ENOENT: "No such file or directory", EACCES: "Permission denied",
        EMFILE: "Too many open files",
        EAFNOSUPPORT: "Address family not supported by protocol", EADDRINUSE: "Address already in use",
        EADDRNOTAVAIL: "Cannot assign requested address",
        ENETUNREACH: "Network is unreachable", ECONNRESET: "Connection reset by peer",
        ETIMEDOUT: "Connection timed out",
        ECONNREFUSED: "Connection refused", EHOSTUNREACH: "No route to host",
    ]

    /// The process may not do it.
    static let permission: Set<Int32> = [EPERM, EACCES]

    /// A connection cannot come from the address that `source` says.
    static let origin: Set<Int32> = permission.union([EINVAL, EAFNOSUPPORT, EADDRINUSE, EADDRNOTAVAIL])

    /// Errors of our own, which say nothing of a server: permissions, descriptors, memory, the address to come from.
    static let own: Set<Int32> = origin.union([ENOMEM, ENFILE, EMFILE, ENOBUFS])
}

/// Linux's socket options that NIO has no names for (ip(7), ipv6(7), socket(7), tcp(7)).
enum SocketOptions {
    /// Several sockets listen on one address, and the kernel spreads connections over them.
    static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
    /// The socket may have an address that is not this host's.
    static let transparent = ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: IP_TRANSPARENT))
    static let transparent6 = ChannelOptions.Types.SocketOption(level: .ipv6, name: .init(rawValue: IPV6_TRANSPARENT))
    /// The port is chosen with the connection, for both families.
    static let bindAddressNoPort = ChannelOptions.Types.SocketOption(
        level: .ip,
        name: .init(rawValue: IP_BIND_ADDRESS_NO_PORT)
    )
    /// Routers that what is sent may pass.
    static let timeToLive = ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: IP_TTL))
    static let hopLimit = ChannelOptions.Types.SocketOption(level: .ipv6, name: .init(rawValue: IPV6_UNICAST_HOPS))
    /// The kernel sends nothing more by itself.
    static let repair = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_REPAIR))
}
