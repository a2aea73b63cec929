// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import enum NIOCore.SocketAddress

/// The human-readable header: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 25` CRLF (specification 2.1).
enum ProxyVersion1 {
    /// Decodes a buffer that begins with `PROXY `.
    static func decode(_ buffer: inout ByteBuffer) -> ProxyHeaderDecoder.Outcome {
        let limit = ProxyHeaderDecoder.version1Limit
        let window = buffer.readableBytesView.prefix(limit)
        var end: Int?
        var previous: UInt8 = 0
        var length = 0
        for byte in window {
            length += 1
            if byte == 0x0A, previous == 0x0D {
                end = length
                break
            }
            // A CR is only good when LF follows at once; nothing else below space or above tilde is good at all.
            if previous == 0x0D { return .invalid(.illegalCharacter(previous)) }
            if byte != 0x0D, !(0x20...0x7E).contains(byte) { return .invalid(.illegalCharacter(byte)) }
            previous = byte
        }
        guard let end else { return length >= limit ? .invalid(.lineTooLong) : .needMore }
        guard let line = buffer.getString(at: buffer.readerIndex, length: end - 2) else { return .needMore }
        switch parse(line) {
        case .success(let header):
            buffer.moveReaderIndex(forwardBy: end)
            return .header(header)
        case .failure(let error):
            return .invalid(error)
        }
    }

    private static func parse(_ line: String) -> Result<ProxyHeader, ProxyHeaderError> {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 2 else { return .failure(.badWordCount(words.count)) }
        let family = String(words[1])
        // "the receiver must ignore anything presented before the CRLF"
        if family == "UNKNOWN" { return .success(ProxyHeader(command: .proxy)) }
        guard family == "TCP4" || family == "TCP6" else { return .failure(.unknownProtocol(String(family.prefix(32)))) }
        guard words.count == 6 else { return .failure(.badWordCount(words.count)) }
        guard let sourcePort = port(words[4]) else { return .failure(.badPort(String(words[4]))) }
        guard let destinationPort = port(words[5]) else { return .failure(.badPort(String(words[5]))) }
        guard let source = address(words[2], family: family, port: sourcePort) else {
            return .failure(.badAddress(String(words[2])))
        }
        guard let destination = address(words[3], family: family, port: destinationPort) else {
            return .failure(.badAddress(String(words[3])))
        }
        return .success(ProxyHeader(command: .proxy, source: source, destination: destination))
    }

    private static func port(_ word: Substring) -> Int? {
        guard (1...5).contains(word.utf8.count), word.utf8.allSatisfy(isDigit) else { return nil }
        guard word.utf8.count == 1 || !word.hasPrefix("0") else { return nil }
        guard let value = Int(word), value <= 65_535 else { return nil }
        return value
    }

    private static func address(_ word: Substring, family: String, port: Int) -> SocketAddress? {
        let isVersion4 = family == "TCP4"
        if isVersion4 {
            let parts = word.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, parts.allSatisfy(isOctet) else { return nil }
        } else {
            guard word.utf8.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
                return nil
            }
        }
        guard let address = try? SocketAddress(ipAddress: String(word), port: port) else { return nil }
        switch address {
        case .v4: return isVersion4 ? address : nil
        case .v6: return isVersion4 ? nil : address
        case .unixDomainSocket: return nil
        }
    }

    private static func isOctet(_ part: Substring) -> Bool {
        guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(isDigit) else { return false }
        guard part.utf8.count == 1 || !part.hasPrefix("0") else { return false }
        return (Int(part) ?? 256) <= 255
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }
}
