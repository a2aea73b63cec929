// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Reads the answer of a policy service: lines `name=value` up to an empty one, of which `action` counts.
package struct PolicyReplyDecoder {
    /// Why an answer is of no use.
    package enum Failure: Error, Equatable {
        /// More than `byteLimit` bytes without an end.
        case tooLong
        /// A line that is no attribute.
        case malformed(String)
        case missingAction
        /// Bytes behind the end: whose answer they are nobody could tell.
        case leftOver
    }

    /// Bytes of an answer.
    package static let byteLimit = 16_384

    private var bytes = ByteBuffer()
    private var action: String?
    private var taken = 0

    package init() {}

    /// Takes bytes as they come; the action once the answer is complete.
    package mutating func received(_ piece: ByteBuffer) throws(Failure) -> String? {
        bytes.writeImmutableBuffer(piece)
        taken += piece.readableBytes
        guard taken <= PolicyReplyDecoder.byteLimit else { throw .tooLong }
        while let end = bytes.readableBytesView.firstIndex(of: 0x0A) {
            let length = end - bytes.readerIndex
            guard let line = bytes.readSlice(length: length)?.readableBytesView else { return nil }
            bytes.moveReaderIndex(forwardBy: 1)
            guard !line.isEmpty, !line.elementsEqual(CollectionOfOne(0x0D)) else {
                guard bytes.readableBytes == 0 else { throw .leftOver }
                guard let action else { throw .missingAction }
                self = PolicyReplyDecoder()
                return action
            }
            guard let sign = line.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformed(PeerText.quoted(ByteBuffer(line)))
            }
            // why: names that are not known are for others to understand; of two actions the last counts, as in Postfix.
            if line[..<sign].elementsEqual("action".utf8) {
                let end = line.last == 0x0D ? line.index(before: line.endIndex) : line.endIndex
                let value = line[line.index(after: sign)..<end].map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }
                action = String(decoding: value, as: UTF8.self)
            }
        }
        return nil
    }
}
