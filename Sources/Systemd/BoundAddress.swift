// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The address a listening socket is bound to, in a form that compares equal however it was written.
enum BoundAddress: Equatable {
    /// Four or sixteen bytes in network order; an IPv4 address mapped into IPv6 has four.
    case ip(bytes: [UInt8], port: Int)
    case unix(String)

    /// What a configuration asks for; nil when `host` is not an address.
    init?(host: String, port: Int) {
        var text = host[...]
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        if text.isEmpty || text == "*" { text = "0.0.0.0" }
        guard let bytes = Self.bytes(String(text)) else { return nil }
        self = .ip(bytes: Self.unmapped(bytes), port: port)
    }

    /// What the kernel says about a listening stream socket; nil for every other descriptor.
    init?(of descriptor: Int32) {
        guard Self.option(SO_ACCEPTCONN, at: SOL_SOCKET, of: descriptor) == 1 else { return nil }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutableBytes(of: &storage) { raw in
            getsockname(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard status == 0 else { return nil }
        let raw = withUnsafeBytes(of: &storage) { [UInt8]($0.prefix(Int(length))) }
        switch Int32(storage.ss_family) {
        case AF_INET where raw.count >= 8:
            self = .ip(bytes: Array(raw[4..<8]), port: Int(raw[2]) << 8 | Int(raw[3]))
        case AF_INET6 where raw.count >= 24:
            self = .ip(bytes: Self.unmapped(Array(raw[8..<24])), port: Int(raw[2]) << 8 | Int(raw[3]))
        case AF_UNIX where raw.count > 2 && raw[2] != 0:
            self = .unix(String(decoding: raw[2...].prefix { $0 != 0 }, as: UTF8.self))
        default:
            return nil
        }
    }

    var isEveryIPv4Address: Bool {
        switch self {
        case .ip(let bytes, _): bytes == [0, 0, 0, 0]
        case .unix: false
        }
    }

    /// Whether an IPv6 socket also accepts IPv4 clients.
    static func takesBothFamilies(_ descriptor: Int32) -> Bool {
        option(IPV6_V6ONLY, at: Int32(IPPROTO_IPV6), of: descriptor) == 0
    }

    private static func option(_ name: Int32, at level: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }

    private static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let prefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: prefix) ? Array(bytes[12...]) : bytes
    }
}
