// SPDX-License-Identifier: Apache-2.0

/// The id of a message: time-ordered, independent of where the message is stored, and in the shape of Postfix's short
/// queue ids (upper-case hexadecimal) so that log tools match it.
package struct QueueID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970 in the upper bits, made unique by counting up: never 0, at most 2^60 - 1.
    package let value: UInt64

    /// An id that a store kept; new ones come from `QueueIDGenerator`.
    package init(value: UInt64) {
        self.value = value
    }

    /// Parses the text of an id; nil for anything but 10 to 15 upper-case hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        guard (10...15).contains(text.utf8.count), text.utf8.allSatisfy(QueueID.isDigit) else { return nil }
        guard let value = UInt64(text, radix: 16), value != 0 else { return nil }
        self.value = value
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    package var description: String {
        String(value, radix: 16, uppercase: true)
    }

    package static func < (left: QueueID, right: QueueID) -> Bool { left.value < right.value }
}
