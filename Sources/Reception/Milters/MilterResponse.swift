// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SMTP

/// What a filter says (libmilter: SMFIR_*).
package enum MilterResponse: Sendable, Equatable {
    case terms(MilterTerms)
    case proceed
    case accept
    case discard
    case reject
    case tempfail
    /// A reply of the filter's own: 4yz or 5yz.
    case reply(Reply)
    case shutdown
    case connectionFailed
    /// No more events of this kind, please.
    case skip
    /// Still at work: the time limit begins anew.
    case progress
    case edit(MilterEdit)

    /// Why a packet is no response.
    package enum Failure: Error, Sendable, Equatable {
        case unknown
        case truncated
        /// Bytes behind the end of a response.
        case leftOver(Int)
        case malformedReply(String)
    }

    /// Reads a packet of a filter. Throws for a letter that is no response and for data that does not fit its letter.
    package init(_ packet: MilterPacket) throws(Failure) {
        var data = packet.data
        switch UnicodeScalar(packet.command) {
        case "O": self = .terms(try MilterResponse.terms(&data))
        case "c": self = .proceed
        case "a": self = .accept
        case "d": self = .discard
        case "r": self = .reject
        case "t": self = .tempfail
        case "4": self = .shutdown
        case "f": self = .connectionFailed
        case "s": self = .skip
        case "p": self = .progress
        case "y": self = .reply(try MilterResponse.reply(&data))
        default:
            guard let edit = try MilterEdit(packet.command, &data) else { throw .unknown }
            self = .edit(edit)
        }
        guard data.readableBytes == 0 else { throw .leftOver(data.readableBytes) }
    }

    private static func terms(_ data: inout ByteBuffer) throws(Failure) -> MilterTerms {
        guard let (version, actions, steps) = data.readMultipleIntegers(as: (UInt32, UInt32, UInt32).self) else {
            throw .truncated
        }
        var terms = MilterTerms(
            version: version,
            actions: MilterActions(rawValue: actions),
            steps: MilterSteps(rawValue: steps)
        )
        while let stage = data.readInteger(as: UInt32.self) {
            guard let list = data.readText() else { throw .truncated }
            // why: a newer filter may know more stages than we do; it only loses those macros.
            guard let stage = MilterStage(rawValue: stage) else { continue }
            terms.macros[stage] = MilterMacros.names(in: String(buffer: list))
        }
        // why: some filters end the packet with a stray byte.
        data.clear()
        return terms
    }

    /// `550 5.7.1 text`, perhaps of several lines. Filters double percent signs, because Sendmail takes the text for a format.
    private static func reply(_ data: inout ByteBuffer) throws(Failure) -> Reply {
        guard let text = data.readText() ?? data.readSlice(length: data.readableBytes) else { throw .truncated }
        var line = ByteBuffer()
        var isEscaped = false
        for byte in text.readableBytesView {
            if byte == 0x25, !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            line.writeInteger(byte)
        }
        if line.readableBytesView.last != 0x0A { line.writeStaticString("\r\n") }
        var decoder = ReplyDecoder(limit: 16_384)
        decoder.received(line)
        let reply: Reply?
        do throws(ReplyDecoder.Failure) {
            reply = try decoder.next()
        } catch {
            reply = nil
        }
        guard let reply, reply.isTransient || reply.isPermanent else {
            throw .malformedReply(PeerText.quoted(text))
        }
        return reply
    }
}

/// One change that a filter makes to a message, after it has seen all of it.
package enum MilterEdit: Sendable, Equatable {
    case addHeader(name: String, value: ByteBuffer)
    /// 0 is above everything.
    case insertHeader(index: Int, name: String, value: ByteBuffer)
    /// The `index`-th header of that name, from 1; an empty value deletes it.
    case changeHeader(index: Int, name: String, value: ByteBuffer)
    case addRecipient(String)
    case deleteRecipient(String)
    case changeSender(String)
    /// A piece of the new body.
    case replaceBody(ByteBuffer)
    case quarantine(reason: String)

    /// Nil when the letter is of no edit.
    init?(_ command: UInt8, _ data: inout ByteBuffer) throws(MilterResponse.Failure) {
        switch UnicodeScalar(command) {
        case "h":
            self = .addHeader(name: try MilterEdit.name(&data), value: try MilterEdit.text(&data))
        case "i":
            self = .insertHeader(
                index: try MilterEdit.index(&data),
                name: try MilterEdit.name(&data),
                value: try MilterEdit.text(&data)
            )
        case "m":
            self = .changeHeader(
                index: max(1, try MilterEdit.index(&data)),
                name: try MilterEdit.name(&data),
                value: try MilterEdit.text(&data)
            )
        case "+": self = .addRecipient(try MilterEdit.address(&data))
        case "2":
            self = .addRecipient(try MilterEdit.address(&data))
            _ = data.readText()
        case "-": self = .deleteRecipient(try MilterEdit.address(&data))
        case "e":
            self = .changeSender(try MilterEdit.address(&data))
            _ = data.readText()
        case "b":
            self = .replaceBody(data)
            data.clear()
        case "q": self = .quarantine(reason: String(PeerText.quoted(try MilterEdit.text(&data))))
        default: return nil
        }
    }

    private static func index(_ data: inout ByteBuffer) throws(MilterResponse.Failure) -> Int {
        guard let index = data.readInteger(as: UInt32.self), index <= UInt32(Int32.max) else { throw .truncated }
        return Int(index)
    }

    private static func text(_ data: inout ByteBuffer) throws(MilterResponse.Failure) -> ByteBuffer {
        guard let text = data.readText() else { throw .truncated }
        return text
    }

    private static func name(_ data: inout ByteBuffer) throws(MilterResponse.Failure) -> String {
        let name = try text(&data)
        guard name.readableBytes > 0, name.readableBytesView.allSatisfy(HeaderField.isNameByte) else {
            throw .truncated
        }
        return String(buffer: name)
    }

    /// An address without its angle brackets.
    private static func address(_ data: inout ByteBuffer) throws(MilterResponse.Failure) -> String {
        let text = String(buffer: try text(&data))
        guard text.hasPrefix("<"), text.hasSuffix(">"), text.count >= 2 else { return text }
        return String(text.dropFirst().dropLast())
    }
}
