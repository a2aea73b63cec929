// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
package import enum NIOCore.SocketAddress

/// Writes PROXY headers that every known receiver understands: no UNKNOWN where addresses are known, LOCAL without
/// addresses, both addresses of one family.
package struct ProxyHeaderEncoder: Sendable {
    /// Which of the two encodings to write.
    package var version: ProxyHeaderVersion
    /// Whether a version 2 header ends with a CRC32C value (specification 2.2.3).
    package var addsChecksum: Bool

    /// `addsChecksum` is looked at in version 2 alone.
    package init(version: ProxyHeaderVersion, addsChecksum: Bool = false) {
        self.version = version
        self.addsChecksum = addsChecksum
    }

    /// Appends `header` to `buffer`.
    ///
    /// Version 1 has no LOCAL and no values: a LOCAL header is written with the addresses it has, which for a health
    /// check are its own connection's. Values that would make a version 2 header longer than its length field can say
    /// are left out.
    package func encode(_ header: ProxyHeader, into buffer: inout ByteBuffer) {
        switch version {
        case .v1: encodeVersion1(header, into: &buffer)
        case .v2: encodeVersion2(header, into: &buffer)
        }
    }

    private func encodeVersion1(_ header: ProxyHeader, into buffer: inout ByteBuffer) {
        guard let source = header.source, let destination = header.destination,
            let from = IPAddress(source), let to = IPAddress(destination),
            let sourcePort = source.port, let destinationPort = destination.port
        else {
            buffer.writeString("PROXY UNKNOWN\r\n")
            return
        }
        let family = isVersion4(source) && isVersion4(destination) ? "TCP4" : "TCP6"
        let (fromText, toText) = family == "TCP4" ? (from.description, to.description) : (from.mapped, to.mapped)
        buffer.writeString("PROXY \(family) \(fromText) \(toText) \(sourcePort) \(destinationPort)\r\n")
    }

    private func encodeVersion2(_ header: ProxyHeader, into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        buffer.reserveCapacity(minimumWritableBytes: 128)
        buffer.writeBytes(ProxySignature.version2)
        guard header.command == .proxy else {
            // PROXY 2, LOCAL, UNSPEC, length 0: some receivers take what follows a LOCAL header for values.
            buffer.writeInteger(0x2000_0000 as UInt32)
            return
        }
        buffer.writeInteger(0x21 as UInt8)
        let familyIndex = buffer.writerIndex
        buffer.writeInteger(ProxyVersion2.Family.unspecified.rawValue)
        buffer.writeInteger(0 as UInt16)
        let family = writeAddresses(header, into: &buffer)
        buffer.setInteger(family.rawValue, at: familyIndex)
        let end = start + ProxyVersion2.fixedLength + Int(UInt16.max) - (addsChecksum ? 7 : 0)
        for value in header.values where buffer.writerIndex + 3 + value.value.count <= end {
            buffer.writeInteger(value.type)
            buffer.writeInteger(UInt16(truncatingIfNeeded: value.value.count))
            buffer.writeBytes(value.value)
        }
        if addsChecksum { buffer.writeMultipleIntegers(ProxyValues.checksumType, 4 as UInt16, 0 as UInt32) }
        let length = buffer.writerIndex - start - ProxyVersion2.fixedLength
        buffer.setInteger(UInt16(truncatingIfNeeded: length), at: familyIndex + 1)
        if addsChecksum, let whole = buffer.getSlice(at: start, length: buffer.writerIndex - start) {
            buffer.setInteger(Checksum.crc32c(whole.readableBytesView), at: buffer.writerIndex - 4)
        }
    }

    /// Appends both addresses in one family; IPv4 is mapped into IPv6 where only one of the two is IPv4.
    private func writeAddresses(_ header: ProxyHeader, into buffer: inout ByteBuffer) -> ProxyVersion2.Family {
        guard let source = header.source, let destination = header.destination else { return .unspecified }
        if let from = IPAddress(source), let to = IPAddress(destination) {
            let family: ProxyVersion2.Family
            if isVersion4(source), isVersion4(destination) {
                buffer.writeInteger(UInt32(truncatingIfNeeded: from.low))
                buffer.writeInteger(UInt32(truncatingIfNeeded: to.low))
                family = .tcp4
            } else {
                buffer.writeMultipleIntegers(from.high, from.low, to.high, to.low)
                family = .tcp6
            }
            buffer.writeInteger(UInt16(truncatingIfNeeded: source.port ?? 0))
            buffer.writeInteger(UInt16(truncatingIfNeeded: destination.port ?? 0))
            return family
        }
        guard let from = source.pathname, let to = destination.pathname else { return .unspecified }
        writePath(from, into: &buffer)
        writePath(to, into: &buffer)
        return .unixStream
    }

    private func writePath(_ path: String, into buffer: inout ByteBuffer) {
        let bytes = path.utf8.prefix(ProxyVersion2.pathLength)
        buffer.writeBytes(bytes)
        buffer.writeRepeatingByte(0, count: ProxyVersion2.pathLength - bytes.count)
    }

    private func isVersion4(_ address: SocketAddress) -> Bool {
        if case .v4 = address { true } else { false }
    }
}

extension IPAddress {
    /// The IPv6 notation of either family.
    fileprivate var mapped: String { isIPv4 ? "::ffff:\(description)" : description }
}
