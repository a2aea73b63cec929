// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The part of a ServerHello that says what was agreed upon (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3).
struct ServerHello: Equatable {
    var cipher: CipherSuite
    /// Of the key_share extension; nil in TLS 1.2.
    var group: UInt16?

    /// The group's name in OpenSSL's words.
    var groupName: String? {
        group.map { group in
            switch group {
            case 0x17: "ECDHE (P-256)"
            case 0x18: "ECDHE (P-384)"
            case 0x19: "ECDHE (P-521)"
            case 0x1D: "X25519"
            case 0x1E: "X448"
            case 0x11EC: "X25519MLKEM768"
            default: "0x" + String(group, radix: 16, uppercase: true)
            }
        }
    }
}

/// Finds the ServerHello in what a server sends first. The library does not tell which cipher it speaks, but the hello
/// goes over the wire in clear text in every version.
struct ServerHelloDecoder {
    /// Bytes that are looked through; a hello with the largest key share is a third of that.
    private static let limit = 4_096
    /// The random of a HelloRetryRequest, which is written like a hello and is none: the first eight bytes of it.
    private static let retry: [UInt8] = [0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11]

    private var pending = ByteBuffer()
    private var message = ByteBuffer()
    /// Nothing more will be found: it was found, or is no TLS.
    private(set) var isOver = false

    /// Bytes of the server, in any pieces.
    mutating func received(_ bytes: ByteBuffer) -> ServerHello? {
        guard !isOver else { return nil }
        pending.writeImmutableBuffer(
            bytes.getSlice(at: bytes.readerIndex, length: min(bytes.readableBytes, Self.limit)) ?? bytes
        )
        while let record = nextRecord() {
            guard record.type == 22 else { continue }
            message.writeImmutableBuffer(record.body)
            while let hello = nextMessage() {
                guard let hello else { continue }
                finish()
                return hello
            }
        }
        if pending.readableBytes + message.readableBytes > Self.limit { finish() }
        return nil
    }

    private mutating func finish() {
        isOver = true
        pending = ByteBuffer()
        message = ByteBuffer()
    }

    private mutating func nextRecord() -> (type: UInt8, body: ByteBuffer)? {
        let start = pending.readerIndex
        guard !isOver, let type = pending.getInteger(at: start, as: UInt8.self),
            let length = pending.getInteger(at: start + 3, as: UInt16.self)
        else { return nil }
        guard (20...24).contains(type) else {
            finish()
            return nil
        }
        guard let body = pending.getSlice(at: start + 5, length: Int(length)) else { return nil }
        pending.moveReaderIndex(forwardBy: 5 + Int(length))
        return (type, body)
    }

    /// The next handshake message; `.some(nil)` for one that is no hello.
    private mutating func nextMessage() -> ServerHello?? {
        let start = message.readerIndex
        guard let word = message.getInteger(at: start, as: UInt32.self) else { return nil }
        let length = Int(word & 0xFF_FFFF)
        guard let body = message.getSlice(at: start + 4, length: length) else { return nil }
        message.moveReaderIndex(forwardBy: 4 + length)
        return .some(word >> 24 == 2 ? Self.hello(body) : nil)
    }

    private static func hello(_ body: ByteBuffer) -> ServerHello? {
        var body = body
        guard body.readInteger(as: UInt16.self) != nil, let random = body.readBytes(length: 32),
            !random.starts(with: retry), let sessionLength = body.readInteger(as: UInt8.self),
            body.readSlice(length: Int(sessionLength)) != nil, let cipher = body.readInteger(as: UInt16.self)
        else { return nil }
        var hello = ServerHello(cipher: CipherSuite(cipher))
        guard body.readInteger(as: UInt8.self) != nil, body.readInteger(as: UInt16.self) != nil else { return hello }
        while let kind = body.readInteger(as: UInt16.self), let length = body.readInteger(as: UInt16.self),
            let value = body.readSlice(length: Int(length))
        {
            if kind == 51 { hello.group = value.getInteger(at: value.readerIndex) }
        }
        return hello
    }
}
