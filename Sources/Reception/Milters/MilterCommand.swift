// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import ProxyProtocol

/// What is said to a filter (libmilter: SMFIC_*).
package enum MilterCommand: Sendable, Equatable {
    case negotiate(MilterTerms)
    /// The macros of the event whose command letter is given: names as Postfix writes them (`j`, `{mail_addr}`).
    case macros(Character, [MilterMacro])
    /// The client; no address when nobody vouches for one.
    case connect(name: String, address: IPAddress?, port: Int)
    case hello(String)
    /// The reverse path in angle brackets, then the ESMTP parameters.
    case mail([String])
    /// The forward path in angle brackets, then the ESMTP parameters.
    case recipient([String])
    case data
    /// One header; folded lines are separated by LF.
    case header(name: String, value: ByteBuffer)
    case endOfHeaders
    /// At most `MilterCommand.chunk` bytes of the body.
    case body(ByteBuffer)
    case endOfBody
    /// The message is given up; no answer follows.
    case abort
    /// The connection is over; no answer follows.
    case quit
    /// The session is over, and another may follow on the same connection; no answer follows.
    case quitForNewConnection

    /// Bytes of the body in one packet (libmilter: MILTER_CHUNK_SIZE).
    package static let chunk = 65_535

    /// The command letter.
    package var letter: Character {
        switch self {
        case .negotiate: "O"
        case .macros: "D"
        case .connect: "C"
        case .hello: "H"
        case .mail: "M"
        case .recipient: "R"
        case .data: "T"
        case .header: "L"
        case .endOfHeaders: "N"
        case .body: "B"
        case .endOfBody: "E"
        case .abort: "A"
        case .quit: "Q"
        case .quitForNewConnection: "K"
        }
    }

    /// Appends the command as a packet.
    package func write(into buffer: inout ByteBuffer) {
        var data = ByteBuffer()
        switch self {
        case .negotiate(let terms):
            data.writeInteger(terms.version)
            data.writeInteger(terms.actions.rawValue)
            data.writeInteger(terms.steps.rawValue)
        case .macros(let letter, let macros):
            data.writeInteger(letter.asciiValue ?? 0)
            for macro in macros {
                data.writeText(macro.name)
                data.writeText(macro.value)
            }
        case .connect(let name, let address, let port):
            data.writeText(name)
            guard let address else {
                data.writeInteger(UInt8(ascii: "U"))
                break
            }
            data.writeInteger(address.isIPv4 ? UInt8(ascii: "4") : UInt8(ascii: "6"))
            data.writeInteger(UInt16(clamping: port))
            data.writeText(address.description)
        case .hello(let name):
            data.writeText(name)
        case .mail(let words), .recipient(let words):
            for word in words { data.writeText(word) }
        case .header(let name, let value):
            data.writeText(name)
            data.writeText(value)
        case .body(let bytes):
            data = bytes
        case .data, .endOfHeaders, .endOfBody, .abort, .quit, .quitForNewConnection:
            break
        }
        MilterPacket(letter, data).write(into: &buffer)
    }
}

/// One macro and its value.
package struct MilterMacro: Sendable, Equatable {
    /// The name as filters know it: `j`, `{mail_addr}`.
    package var name: String
    /// Its value; a NUL in it is left out on the wire.
    package var value: String

    /// One pair of a macro packet.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension ByteBuffer {
    /// Appends text that ends in NUL; a NUL inside would end it early and is left out.
    mutating func writeText(_ text: String) {
        if text.utf8.contains(0) { writeBytes(text.utf8.filter { $0 != 0 }) } else { writeString(text) }
        writeInteger(0 as UInt8)
    }

    mutating func writeText(_ text: ByteBuffer) {
        if text.readableBytesView.contains(0) {
            writeBytes(text.readableBytesView.filter { $0 != 0 })
        } else {
            writeImmutableBuffer(text)
        }
        writeInteger(0 as UInt8)
    }

    /// Reads bytes up to a NUL, which is read as well; nil when there is none.
    mutating func readText() -> ByteBuffer? {
        guard let end = readableBytesView.firstIndex(of: 0) else { return nil }
        let text = readSlice(length: end - readableBytesView.startIndex)
        moveReaderIndex(forwardBy: 1)
        return text
    }
}
