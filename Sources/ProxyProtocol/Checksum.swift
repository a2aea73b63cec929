// SPDX-License-Identifier: Apache-2.0

/// CRC32C, the Castagnoli polynomial (RFC 3720 appendix B.4), over a header whose own checksum field counts as zero.
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1 }
        return value
    }

    /// The checksum of `bytes`, with the bytes at the offsets `zeroed` read as zero.
    static func crc32c(_ bytes: some Sequence<UInt8>, zeroing zeroed: Range<Int> = 0..<0) -> UInt32 {
        var sum = UInt32.max
        var offset = 0
        for byte in bytes {
            let value = zeroed.contains(offset) ? 0 : byte
            sum = (sum >> 8) ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ value)]
            offset += 1
        }
        return ~sum
    }
}
