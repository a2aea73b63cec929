// SPDX-License-Identifier: Apache-2.0

import Spooling
import Testing

struct ChecksumTests {
    /// Check values of RFC 3720 section B.4 and of the usual nine digits.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
            ([], 0),
        ] as [([UInt8], UInt32)]
    )
    func knownValues(_ bytes: [UInt8], _ expected: UInt32) {
        for piece in [1, 2, 7, 100] {
            var hardware = Checksum()
            var software = Checksum()
            var rest = bytes[...]
            while !rest.isEmpty {
                rest.prefix(piece).withUnsafeBytes {
                    hardware.update($0)
                    software.updateInSoftware($0)
                }
                rest = rest.dropFirst(piece)
            }
            #expect(hardware.value == expected)
            #expect(software.value == expected)
        }
    }
}
