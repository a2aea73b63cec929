// SPDX-License-Identifier: Apache-2.0

/// Why a connection that must begin with a PROXY header does not.
package enum ProxyHeaderError: Error, Sendable, Equatable {
    // What was there instead of a header; `seen` is the escaped beginning, at most 32 bytes of it.
    /// An SMTP client spoke: the sender does not send a header at all.
    case looksLikeSMTP(seen: String)
    /// A TLS ClientHello.
    case looksLikeTLS
    /// An HTTP request.
    case looksLikeHTTP(seen: String)
    /// `proxy` where `PROXY` must stand.
    case lowerCase(seen: String)
    case notAHeader(seen: String)

    // Version 1 (specification 2.1).
    /// No CRLF within the first 107 bytes.
    case lineTooLong
    /// A CR or LF that is not part of CRLF, a NUL, or another byte that no header has.
    case illegalCharacter(UInt8)
    /// Neither TCP4, TCP6 nor UNKNOWN.
    case unknownProtocol(String)
    /// Not exactly six words with single spaces between them.
    case badWordCount(Int)
    case badAddress(String)
    case badPort(String)

    // Version 2 (specification 2.2).
    /// The version nibble is not 2.
    case badVersion(UInt8)
    /// The command nibble is neither LOCAL nor PROXY.
    case badCommand(UInt8)
    /// A family and protocol byte that the specification does not define.
    case badFamily(UInt8)
    /// The header announces more bytes than we accept.
    case headerTooLong(length: Int, limit: Int)
    /// The announced length cannot hold the addresses of its family.
    case addressesTruncated(family: UInt8, length: Int)
    /// A type-length-value runs over the end of the header, or of the value it is nested in.
    case valueOverrun(type: UInt8)
    /// A value is too long or too short for its type.
    case badValue(type: UInt8)
    /// The CRC32C value is not that of the header (specification 2.2.3).
    case badChecksum

    // What happened to the connection.
    /// The peer closed after `received` bytes of an unfinished header.
    case closed(received: Int)
    /// The header was not complete in time.
    case timedOut(received: Int)
    /// The connection failed while the header was awaited.
    case connectionFailed
    /// The peer is not among those who may send a header.
    case untrustedPeer
}

extension ProxyHeaderError {
    /// The text of HAProxy's short error log line (HAProxy configuration manual 8.2.6), so that log tools recognise it.
    package var logText: String {
        switch self {
        case .looksLikeSMTP, .looksLikeTLS, .looksLikeHTTP, .lowerCase, .notAHeader:
            "Received something which does not look like a PROXY protocol header"
        case .unknownProtocol:
            "Received an unhandled protocol in the PROXY protocol header"
        case .lineTooLong, .illegalCharacter, .badWordCount, .badAddress, .badPort, .badVersion, .badCommand,
            .badFamily,
            .headerTooLong, .addressesTruncated, .valueOverrun, .badValue, .badChecksum:
            "Received an invalid PROXY protocol header"
        case .closed(let received):
            received == 0
                ? "Connection closed while waiting for PROXY protocol header"
                : "Truncated PROXY protocol header received"
        case .timedOut:
            "Timeout while waiting for PROXY protocol header"
        case .connectionFailed:
            "Connection error while waiting for PROXY protocol header"
        case .untrustedPeer:
            "Received a connection from a peer that may not send a PROXY protocol header"
        }
    }
}

extension ProxyHeaderError: CustomStringConvertible {
    /// What exactly is wrong, for the operator who has to find the sender.
    package var description: String {
        switch self {
        case .looksLikeSMTP(let seen):
            "got \"\(seen)\", an SMTP client without a PROXY header: is send-proxy missing on the sender's side?"
        case .looksLikeTLS:
            "got a TLS handshake without a PROXY header: is send-proxy missing on the sender's side?"
        case .looksLikeHTTP(let seen): "got \"\(seen)\", an HTTP request"
        case .lowerCase(let seen): "got \"\(seen)\": PROXY must be in upper case"
        case .notAHeader(let seen): "got \"\(seen)\""
        case .lineTooLong: "no CRLF within \(ProxyHeaderDecoder.version1Limit) bytes"
        case .illegalCharacter(let byte): "byte 0x\(hex(byte)) where none such may stand"
        case .unknownProtocol(let seen): "protocol \"\(seen)\" is neither TCP4, TCP6 nor UNKNOWN"
        case .badWordCount(let count): "\(count) words instead of 6, separated by single spaces"
        case .badAddress(let seen): "address \"\(seen)\" is not of the announced family, or not in canonical form"
        case .badPort(let seen): "port \"\(seen)\" is not a number from 0 to 65535 without leading zeros"
        case .badVersion(let version): "version \(version) instead of 2"
        case .badCommand(let command): "command \(command) is neither LOCAL (0) nor PROXY (1)"
        case .badFamily(let byte): "undefined family and protocol 0x\(hex(byte))"
        case .headerTooLong(let length, let limit): "header of \(length) bytes, more than the \(limit) accepted"
        case .addressesTruncated(let family, let length):
            "\(length) bytes are too few for the addresses of family 0x\(hex(family))"
        case .valueOverrun(let type): "value of type 0x\(hex(type)) runs over the end"
        case .badValue(let type): "value of type 0x\(hex(type)) has a length its type does not allow"
        case .badChecksum: "the CRC32C checksum does not match"
        case .closed(let received): "closed after \(received) bytes of the header"
        case .timedOut(let received): "only \(received) bytes of the header came in time"
        case .connectionFailed: "connection failed before the header was complete"
        case .untrustedPeer: "the peer is not listed in proxy-from"
        }
    }

    private func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }
}
