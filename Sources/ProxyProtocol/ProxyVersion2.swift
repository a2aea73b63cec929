// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import enum NIOCore.SocketAddress

/// The binary header (specification 2.2).
enum ProxyVersion2 {
    /// Bytes before the addresses: signature, version and command, family and protocol, length.
    static let fixedLength = 16
    /// Bytes of the path in a `sockaddr_un`.
    static let pathLength = 108

    /// The values of byte 14 that the specification defines.
    enum Family: UInt8 {
        case unspecified = 0x00
        case tcp4 = 0x11
        case udp4 = 0x12
        case tcp6 = 0x21
        case udp6 = 0x22
        case unixStream = 0x31
        case unixDatagram = 0x32

        /// Bytes of both addresses.
        var addressLength: Int {
            switch self {
            case .unspecified: 0
            case .tcp4, .udp4: 12
            case .tcp6, .udp6: 36
            case .unixStream, .unixDatagram: 2 * pathLength
            }
        }
    }

    /// Decodes a buffer that begins with the signature.
    static func decode(_ buffer: inout ByteBuffer, limit: Int) -> ProxyHeaderDecoder.Outcome {
        let start = buffer.readerIndex
        guard let versionAndCommand: UInt8 = buffer.getInteger(at: start + 12) else { return .needMore }
        guard versionAndCommand >> 4 == 2 else { return .invalid(.badVersion(versionAndCommand >> 4)) }
        guard versionAndCommand & 0x0F <= 1 else { return .invalid(.badCommand(versionAndCommand & 0x0F)) }
        let isLocal = versionAndCommand & 0x0F == 0
        guard let familyByte: UInt8 = buffer.getInteger(at: start + 13) else { return .needMore }
        let family = Family(rawValue: familyByte)
        // LOCAL: "the receiver must ... discard the protocol block including the family which is ignored".
        if family == nil, !isLocal { return .invalid(.badFamily(familyByte)) }
        guard let announced: UInt16 = buffer.getInteger(at: start + 14) else { return .needMore }
        let length = Int(announced)
        guard fixedLength + length <= limit else {
            return .invalid(.headerTooLong(length: fixedLength + length, limit: limit))
        }
        if !isLocal, let family, length < family.addressLength {
            return .invalid(.addressesTruncated(family: familyByte, length: length))
        }
        guard let whole = buffer.getSlice(at: start, length: fixedLength + length) else { return .needMore }
        var header = ProxyHeader(command: isLocal ? .local : .proxy)
        // UNSPEC says nothing about the connection, so nothing it carries is looked at either.
        if !isLocal, let family, family != .unspecified {
            (header.source, header.destination) = addresses(in: whole, family: family)
            do {
                header.values = try ProxyValues.decode(whole, from: fixedLength + family.addressLength)
            } catch {
                return .invalid(error)
            }
        }
        buffer.moveReaderIndex(forwardBy: fixedLength + length)
        return .header(header)
    }

    /// Both addresses; nil for datagrams, which a stream listener has no use for (specification 2.2: fall back to UNSPEC).
    private static func addresses(in header: ByteBuffer, family: Family) -> (SocketAddress?, SocketAddress?) {
        let start = header.readerIndex + fixedLength
        switch family {
        case .tcp4:
            return (
                ip(in: header, at: start, length: 4, port: start + 8),
                ip(in: header, at: start + 4, length: 4, port: start + 10)
            )
        case .tcp6:
            return (
                ip(in: header, at: start, length: 16, port: start + 32),
                ip(in: header, at: start + 16, length: 16, port: start + 34)
            )
        case .unixStream:
            return (path(in: header, at: start), path(in: header, at: start + pathLength))
        case .unspecified, .udp4, .udp6, .unixDatagram:
            return (nil, nil)
        }
    }

    private static func ip(in header: ByteBuffer, at index: Int, length: Int, port: Int) -> SocketAddress? {
        guard let bytes = header.getSlice(at: index, length: length), let port: UInt16 = header.getInteger(at: port)
        else {
            return nil
        }
        return try? SocketAddress(packedIPAddress: bytes, port: Int(port))
    }

    /// A path up to its first NUL; nil for unnamed and abstract sockets.
    private static func path(in header: ByteBuffer, at index: Int) -> SocketAddress? {
        guard let field = header.getBytes(at: index, length: pathLength) else { return nil }
        let path = field.prefix { $0 != 0 }
        guard !path.isEmpty else { return nil }
        return try? SocketAddress(unixDomainSocketPath: String(decoding: path, as: UTF8.self))
    }
}
