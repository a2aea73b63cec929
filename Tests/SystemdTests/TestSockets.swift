// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// A bound datagram socket that a test reads.
final class DatagramReceiver {
    private let descriptor: Int32
    private let path: String?

    init(path: String) throws {
        self.path = path
        descriptor = try bound(AF_UNIX, SOCK_DGRAM, path: path)
    }

    init() throws {
        path = nil
        descriptor = try bound(AF_INET, SOCK_DGRAM, host: "127.0.0.1", port: 0)
    }

    var port: Int { boundPort(of: descriptor) }

    func messages() -> [String] {
        var found: [String] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT)), count >= 0 {
            found.append(String(decoding: room[..<count], as: UTF8.self))
        }
        return found
    }

    func end() {
        close(descriptor)
        if let path { unlink(path) }
    }
}

/// A socket of `family` bound to a UNIX path.
func bound(_ family: Int32, _ type: __socket_type, path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return try withUnsafeBytes(of: &address) { try bound(family, type, $0) }
}

/// A socket bound to an IP address; `onlyIPv6` as in IPV6_V6ONLY.
func bound(_ family: Int32, _ type: __socket_type, host: String, port: UInt16, onlyIPv6: Bool = false) throws -> Int32 {
    if family == AF_INET {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        try #require(inet_pton(AF_INET, host, &address.sin_addr) == 1)
        return try withUnsafeBytes(of: &address) { try bound(family, type, $0) }
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    try #require(inet_pton(AF_INET6, host, &address.sin6_addr) == 1)
    return try withUnsafeBytes(of: &address) { try bound(family, type, $0, onlyIPv6: onlyIPv6) }
}

/// The port the kernel gave.
func boundPort(of descriptor: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { raw in
        getsockname(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        return Int(raw[2]) << 8 | Int(raw[3])
    }
}

private func bound(
    _ family: Int32,
    _ type: __socket_type,
    _ address: UnsafeRawBufferPointer,
    onlyIPv6: Bool = false
) throws -> Int32 {
    let descriptor = socket(family, Int32(type.rawValue), 0)
    try #require(descriptor >= 0)
    if family == AF_INET6 {
        var value: Int32 = onlyIPv6 ? 1 : 0
        setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    let status = bind(
        descriptor,
        address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        socklen_t(address.count)
    )
    try #require(status == 0)
    if type == SOCK_STREAM { try #require(listen(descriptor, 1) == 0) }
    return descriptor
}
