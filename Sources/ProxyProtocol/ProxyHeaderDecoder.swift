// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Reads one PROXY header, version 1 or 2, from the beginning of a connection, in as many pieces as it comes.
///
/// It owns no bytes: an unfinished header stays in the caller's buffer, which therefore never needs to hold more than
/// the header's limit before the answer is known. Strict where the specification leaves a choice, because what follows
/// the header is believed.
package struct ProxyHeaderDecoder: Sendable {
    /// What the bytes so far amount to.
    package enum Outcome: Sendable, Equatable {
        /// They are the beginning of a header.
        case needMore
        /// A complete header, which has been consumed from the buffer; not a byte more.
        case header(ProxyHeader)
        /// No header can begin like this; nothing was consumed.
        case invalid(ProxyHeaderError)
    }

    /// Bytes of the longest version 1 header, with its CRLF (specification 2.1).
    package static let version1Limit = 107
    /// Bytes of the longest version 2 header we accept by default, of the 65,551 that could be announced.
    package static let version2Limit = 4_096

    private let limit: Int

    /// - Parameter limit: bytes of the longest version 2 header to accept.
    package init(limit: Int = ProxyHeaderDecoder.version2Limit) {
        self.limit = limit
    }

    /// Looks at everything received so far and not yet consumed.
    package mutating func decode(_ buffer: inout ByteBuffer) -> Outcome {
        guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return .needMore }
        switch first {
        case ProxySignature.version2[0]:
            return matches(ProxySignature.version2, buffer) ?? ProxyVersion2.decode(&buffer, limit: limit)
        case ProxySignature.version1[0]:
            return matches(ProxySignature.version1, buffer) ?? ProxyVersion1.decode(&buffer)
        default:
            return .invalid(ProxySignature.diagnose(buffer))
        }
    }

    /// Nil when the whole signature stands at the beginning of `buffer`, else the outcome.
    private func matches(_ signature: [UInt8], _ buffer: ByteBuffer) -> Outcome? {
        let bytes = buffer.readableBytesView
        guard bytes.prefix(signature.count).elementsEqual(signature.prefix(bytes.count)) else {
            return .invalid(ProxySignature.diagnose(buffer))
        }
        return bytes.count < signature.count ? .needMore : nil
    }
}
