// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// One header of a message as it was received: folded lines and all, to the byte.
package struct HeaderField: Sendable, Equatable {
    /// Every line of the header with its CRLF.
    package let raw: ByteBuffer
    /// As it was written, in whatever case.
    package let name: String
    /// Where the value begins in `raw`: behind the colon.
    private let valueStart: Int

    /// Reads whole lines; nil when they are no header (RFC 5322 section 2.2).
    package init?(_ raw: ByteBuffer) {
        let view = raw.readableBytesView
        guard let colon = view.firstIndex(of: 0x3A) else { return nil }
        // why: white space in front of the colon is obsolete, and still a header (RFC 5322 section 4.5).
        let name = view[..<colon].reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        guard !name.isEmpty, name.allSatisfy(HeaderField.isNameByte) else { return nil }
        self.raw = raw
        self.name = String(decoding: name, as: UTF8.self)
        valueStart = colon - view.startIndex + 1
    }

    /// Makes a header of a filter's: line feeds fold it, CR and NUL have no place in it.
    ///
    /// - Parameter isVerbatim: the value begins with its own white space (SMFIP_HDR_LEADSPC).
    package init(name: String, value: ByteBuffer, isVerbatim: Bool) {
        var raw = ByteBuffer()
        raw.reserveCapacity(name.utf8.count + value.readableBytes + 8)
        raw.writeString(name)
        raw.writeStaticString(isVerbatim ? ":" : ": ")
        var wasLineFeed = false
        var view = value.readableBytesView[...]
        while view.last == 0x0A || view.last == 0x0D { view = view.dropLast() }
        for byte in view where byte != 0x0D && byte != 0 {
            if byte == 0x0A {
                wasLineFeed = true
                continue
            }
            if wasLineFeed {
                raw.writeStaticString("\r\n")
                // why: a line that is not folded would be a header of its own, or end the head of the message.
                if byte != 0x20, byte != 0x09 { raw.writeStaticString("\t") }
                wasLineFeed = false
            }
            raw.writeInteger(byte)
        }
        raw.writeStaticString("\r\n")
        self.raw = raw
        self.name = name
        valueStart = name.utf8.count + 1
    }

    /// The value as filters see it: folded lines separated by LF, no line end behind the last.
    package func value(withLeadingSpace: Bool) -> ByteBuffer {
        var view = raw.readableBytesView.dropFirst(valueStart)
        if view.last == 0x0A { view = view.dropLast() }
        if view.last == 0x0D { view = view.dropLast() }
        if !withLeadingSpace, view.first == 0x20 { view = view.dropFirst() }
        var value = ByteBuffer()
        value.reserveCapacity(view.count)
        for (index, byte) in zip(view.indices, view) {
            if byte == 0x0D, index + 1 < view.endIndex, view[index + 1] == 0x0A { continue }
            value.writeInteger(byte)
        }
        return value
    }

    /// Whether the header has this name, in whatever case.
    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count && name.lowercased() == other.lowercased()
    }

    /// Printable ASCII but the colon (RFC 5322 section 3.6.8).
    package static func isNameByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x3A
    }
}
