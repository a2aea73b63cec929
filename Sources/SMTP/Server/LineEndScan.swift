// SPDX-License-Identifier: Apache-2.0

/// Searches that look at many bytes at a time.
enum LineEndScan {
    /// The index of the first CR or LF at or after `start`; the count when there is none.
    static func firstLineEndByte(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        let carriageReturn = SIMD32<UInt8>(repeating: 0x0D)
        let lineFeed = SIMD32<UInt8>(repeating: 0x0A)
        while index + 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: SIMD32<UInt8>.self)
            let hits = (block .== carriageReturn) .| (block .== lineFeed)
            if any(hits) { break }
            index += 32
        }
        while index < bytes.count, bytes[index] != 0x0D, bytes[index] != 0x0A { index += 1 }
        return index
    }

    /// Whether any byte is above 127.
    static func hasEightBit(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var seen: UInt64 = 0
        while index + 8 <= bytes.count {
            seen |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < bytes.count {
            seen |= UInt64(bytes[index])
            index += 1
        }
        return seen & 0x8080_8080_8080_8080 != 0
    }
}
