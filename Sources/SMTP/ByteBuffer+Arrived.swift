// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

extension ByteBuffer {
    /// Takes what has just arrived behind what was not read yet, and gives the room of what was read back: a stream that never
    /// stops at the end of a line or packet would otherwise stay in memory from its first byte on.
    package mutating func arrived(_ bytes: ByteBuffer) {
        if readableBytes == 0 {
            self = bytes
        } else {
            discardReadBytes()
            writeImmutableBuffer(bytes)
        }
    }
}
