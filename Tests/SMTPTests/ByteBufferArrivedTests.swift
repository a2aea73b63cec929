// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

struct ByteBufferArrivedTests {
    /// A peer that sends ahead for ever and never ends a piece where a line ends.
    @Test(arguments: [1, 2, 7, 1_000])
    func whatWasReadDoesNotStay(chunk: Int) {
        var buffer = ByteBuffer(string: "x")
        var sent = 0
        var read: [UInt8] = []
        for _ in 0..<2_000 {
            buffer.arrived(ByteBuffer(bytes: (sent..<(sent + chunk)).map { UInt8(truncatingIfNeeded: $0) }))
            sent += chunk
            read += buffer.readBytes(length: chunk) ?? []
        }
        #expect(buffer.capacity <= 4_096)
        #expect(read == [UInt8(ascii: "x")] + (0..<(sent - 1)).map { UInt8(truncatingIfNeeded: $0) })
    }
}
