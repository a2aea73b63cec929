// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// A running CRC-32C (RFC 3720 section 12.1) over a body: what tells a torn or overwritten body from a whole one.
package struct Checksum: Sendable, Equatable {
    private static let inHardware = relaybox_has_crc32c() != 0
    /// The effect of one byte on the register, for processors without the instruction.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
    }

    private var register: UInt32 = .max

    package init() {}

    /// The checksum of everything taken so far.
    package var value: UInt32 { ~register }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        if Checksum.inHardware {
            register = relaybox_crc32c(register, base, bytes.count)
        } else {
            updateInSoftware(bytes)
        }
    }

    /// The same without the instruction.
    package mutating func updateInSoftware(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            register = Checksum.table[Int((register ^ UInt32(byte)) & 0xFF)] ^ (register >> 8)
        }
    }
}
