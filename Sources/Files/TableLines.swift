// SPDX-License-Identifier: Apache-2.0

/// The entries of a lookup table's file as text, one a line (Postfix: cidr_table(5), postmap(1)): a line that begins with
/// white space goes on with the one before; empty lines and those that begin with `#` do not count. Lines end with LF or CRLF.
package struct TableLines: Sequence, IteratorProtocol {
    /// One entry, without the white space in front of it.
    package struct Entry: Sendable, Equatable {
        /// The line it begins in, from 1.
        package let line: Int
        /// Without line ends; the pieces of an entry that goes over several lines are one.
        package fileprivate(set) var bytes: [UInt8]
        /// Whether it goes on with an entry that is not there.
        package let isOrphan: Bool
    }

    private let bytes: [UInt8]
    private var position: Int
    private var line = 0
    private var pending: Entry?

    /// Takes the bytes of a file; a byte order mark in front of them does not count.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next entry; nil at the end of the file.
    package mutating func next() -> Entry? {
        while position < bytes.count {
            let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
            var text = bytes[position..<end]
            if text.last == 0x0D { text.removeLast() }
            position = end + 1
            line += 1
            let content = text.drop { TableLines.isSpace($0) }
            guard let first = content.first, first != UInt8(ascii: "#") else { continue }
            if content.startIndex > text.startIndex, pending != nil {
                pending?.bytes += [0x20] + content
                continue
            }
            let begun = Entry(line: line, bytes: Array(content), isOrphan: content.startIndex > text.startIndex)
            let complete = pending
            pending = begun
            if let complete { return complete }
        }
        defer { pending = nil }
        return pending
    }

    /// White space of ASCII.
    package static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
