// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The header section of a message while it comes in, and as filters have changed it.
///
/// Its first Received is this hop's own, with nothing above it but what restrictions put there. Filters do not see it and their
/// indices of headers by name do not count it; where they insert, it counts, as in Postfix. What lies beyond `limit` bytes, or behind a line that is no
/// header, belongs to the body.
package struct MessageHead: Sendable, Equatable {
    private let limit: Int
    private var pending = ByteBuffer()
    /// Bytes of `pending` that hold no unread line end.
    private var scanned = 0
    /// Where the field that is being read begins to be known: whole lines that belong to it.
    private var open = ByteBuffer()
    private var size = 0
    /// The fields in order.
    package private(set) var fields: [HeaderField] = []
    /// Where this hop's own Received is among them; nil until it has come.
    private var own: Int?
    /// Whether the section has ended.
    package private(set) var isComplete = false
    /// Whether an empty line ended it.
    private var hasSeparator = false

    /// `limit` in bytes of all headers together.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes bytes of the message; returns those that belong to the body.
    package mutating func take(_ bytes: ByteBuffer) -> ByteBuffer {
        if isComplete { return bytes }
        pending.writeImmutableBuffer(bytes)
        while let line = nextLine() {
            if line.readableBytes == 2 {
                hasSeparator = true
                return end(with: ByteBuffer())
            }
            let first = line.readableBytesView.first
            if first == 0x20 || first == 0x09, open.readableBytes > 0 {
                open.writeImmutableBuffer(line)
            } else {
                close()
                guard HeaderField(line) != nil else { return end(with: line) }
                open = line
            }
            size += line.readableBytes
            if size > limit { return end(with: ByteBuffer()) }
        }
        return size + pending.readableBytes > limit ? end(with: ByteBuffer()) : ByteBuffer()
    }

    /// The message is complete; returns what belongs to its body after all: a last line without an end.
    package mutating func finish() -> ByteBuffer {
        isComplete ? ByteBuffer() : end(with: ByteBuffer())
    }

    /// The section as it goes into the message, the empty line behind it included.
    ///
    /// - Parameter hasBody: whether anything follows; without a body a message that had no empty line gets none.
    package func bytes(hasBody: Bool) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(fields.reduce(2) { $0 + $1.raw.readableBytes })
        for field in fields { bytes.writeImmutableBuffer(field.raw) }
        if hasSeparator || hasBody { bytes.writeStaticString("\r\n") }
        return bytes
    }

    /// The fields that filters see.
    package var visible: [HeaderField] { others.map { fields[$0] } }

    private var others: [Int] { fields.indices.filter { $0 != own } }

    /// Makes a filter's change; one of what is no header does nothing.
    package mutating func apply(_ edit: MilterEdit, isVerbatim: Bool) {
        switch edit {
        case .addHeader(let name, let value):
            fields.append(HeaderField(name: name, value: value, isVerbatim: isVerbatim))
        case .insertHeader(let index, let name, let value):
            let field = HeaderField(name: name, value: value, isVerbatim: isVerbatim)
            let place = min(max(0, index), fields.count)
            fields.insert(field, at: place)
            if let own, place <= own { self.own = own + 1 }
        case .changeHeader(let index, let name, let value):
            let places = others.filter { fields[$0].isNamed(name) }
            if value.readableBytes == 0 {
                guard places.indices.contains(index - 1) else { return }
                fields.remove(at: places[index - 1])
                if let own, places[index - 1] < own { self.own = own - 1 }
            } else {
                let field = HeaderField(name: name, value: value, isVerbatim: isVerbatim)
                // why: as in Sendmail and Postfix, changing what is not there adds it.
                if places.indices.contains(index - 1) {
                    fields[places[index - 1]] = field
                } else {
                    fields.append(field)
                }
            }
        case .addRecipient, .deleteRecipient, .changeSender, .replaceBody, .quarantine:
            break
        }
    }

    private mutating func nextLine() -> ByteBuffer? {
        let view = pending.readableBytesView
        guard let index = view.dropFirst(scanned).firstIndex(of: 0x0A) else {
            scanned = view.count
            return nil
        }
        scanned = 0
        return pending.readSlice(length: index - view.startIndex + 1)
    }

    private mutating func close() {
        if open.readableBytes > 0, let field = HeaderField(open) {
            if own == nil, field.isNamed("Received") { own = fields.count }
            fields.append(field)
        }
        open = ByteBuffer()
    }

    private mutating func end(with line: ByteBuffer) -> ByteBuffer {
        close()
        isComplete = true
        var rest = line
        rest.writeImmutableBuffer(pending)
        pending = ByteBuffer()
        return rest
    }
}
