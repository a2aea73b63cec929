// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The type-length-values behind the addresses of a version 2 header (specification 2.2.1 to 2.2.8).
enum ProxyValues {
    static let checksumType: UInt8 = 0x03
    static let noopType: UInt8 = 0x04
    static let sslType: UInt8 = 0x20
    static let uniqueIDLimit = 128
    /// Bytes of an SSL value before its nested values: client flags and verification result.
    private static let sslFixedLength = 5

    /// Decodes the values of a whole header from `offset` to its end, and verifies its checksum where it has one.
    static func decode(_ header: ByteBuffer, from offset: Int) throws(ProxyHeaderError) -> [ProxyHeader.TypeLengthValue]
    {
        var values: [ProxyHeader.TypeLengthValue] = []
        var checksums = 0
        var index = header.readerIndex + offset
        let end = header.writerIndex
        while index < end {
            let (type, start, next) = try bounds(in: header, at: index, end: end)
            switch type {
            case noopType:
                break
            case checksumType:
                checksums += 1
                guard next - start == 4, checksums == 1 else { throw .badValue(type: type) }
                guard let given: UInt32 = header.getInteger(at: start) else { throw .valueOverrun(type: type) }
                let zeroed = (start - header.readerIndex)..<(next - header.readerIndex)
                guard Checksum.crc32c(header.readableBytesView, zeroing: zeroed) == given else { throw .badChecksum }
            case ProxyHeader.uniqueIDType where next - start > uniqueIDLimit:
                throw .badValue(type: type)
            case sslType:
                guard next - start >= sslFixedLength else { throw .badValue(type: type) }
                var nested = start + sslFixedLength
                while nested < next { nested = try bounds(in: header, at: nested, end: next).next }
                values.append(.init(type: type, value: header.getBytes(at: start, length: next - start) ?? []))
            default:
                values.append(.init(type: type, value: header.getBytes(at: start, length: next - start) ?? []))
            }
            index = next
        }
        return values
    }

    /// Type, beginning and end of the value at `index`, which must not reach beyond `end`.
    private static func bounds(
        in header: ByteBuffer,
        at index: Int,
        end: Int
    ) throws(ProxyHeaderError) -> (type: UInt8, start: Int, next: Int) {
        let type: UInt8 = header.getInteger(at: index) ?? 0
        guard index + 3 <= end, let length: UInt16 = header.getInteger(at: index + 1), index + 3 + Int(length) <= end
        else {
            throw .valueOverrun(type: type)
        }
        return (type, index + 3, index + 3 + Int(length))
    }
}
