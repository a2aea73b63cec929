// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import ProxyProtocol

/// `unique-id-format`: how the id of a session is made up (HAProxy configuration manual 4.2 and 8.2.4).
package struct UniqueIDFormat: Sendable, Equatable, CustomStringConvertible {
    /// A part of an id.
    package enum Part: Sendable, Equatable {
        /// What stands between the variables, byte for byte.
        case text(String)
        /// `%ci`, `%cp`, `%fi`, `%fp`: the client, and the address it connected to.
        case clientAddress
        case clientPort
        case frontendAddress
        case frontendPort
        /// `%Ts`, `%ms`: when the connection was accepted, seconds since 1970 and milliseconds.
        case seconds
        case milliseconds
        /// `%rt`: the session's number in this process.
        case number
        /// `%pid`
        case process
        /// `%H`, `%ft`
        case hostname
        case frontend
        /// `%[fc_pp_unique_id]`: the id that the PROXY header brought.
        case given
    }

    /// The parts in their order; `isHexadecimal` is `%{+X}o`.
    package var parts: [(part: Part, isHexadecimal: Bool)]
    /// As the file has it.
    package var description: String

    /// `description` is the format as the file has it: two formats are equal where it is.
    package init(_ parts: [(part: Part, isHexadecimal: Bool)], description: String) {
        self.parts = parts
        self.description = description
    }

    package static func == (left: UniqueIDFormat, right: UniqueIDFormat) -> Bool {
        left.description == right.description
    }

    /// What an id is made of.
    package struct Facts: Sendable {
        /// The client behind a PROXY header, where there was one; nil or a UNIX socket is written as `unix`.
        package var client: SocketAddress?
        /// The address the client connected to; nil or a UNIX socket is written as `unix`.
        package var frontend: SocketAddress?
        /// Milliseconds since 1970.
        package var acceptedAt: Int64
        /// The session's number in this process, from 1.
        package var number: UInt64
        /// The process's number.
        package var process: Int
        /// `global hostname`.
        package var hostname: String
        /// The frontend's name.
        package var frontendName: String
        /// The id that a PROXY header brought; empty where it brought none.
        package var given: [UInt8]

        /// All of them: an id is made once, when a header is written.
        package init(
            client: SocketAddress?,
            frontend: SocketAddress?,
            acceptedAt: Int64,
            number: UInt64,
            process: Int,
            hostname: String,
            frontendName: String,
            given: [UInt8]
        ) {
            self.client = client
            self.frontend = frontend
            self.acceptedAt = acceptedAt
            self.number = number
            self.process = process
            self.hostname = hostname
            self.frontendName = frontendName
            self.given = given
        }
    }

    /// At most 128 bytes, as a header may carry.
    package func id(_ facts: Facts) -> [UInt8] {
        var bytes: [UInt8] = []
        for (part, isHexadecimal) in parts {
            switch part {
            case .text(let text): bytes += Array(text.utf8)
            case .clientAddress: bytes += address(facts.client, isHexadecimal)
            case .frontendAddress: bytes += address(facts.frontend, isHexadecimal)
            case .clientPort: bytes += number(Int64(facts.client?.port ?? 0), isHexadecimal)
            case .frontendPort: bytes += number(Int64(facts.frontend?.port ?? 0), isHexadecimal)
            case .seconds: bytes += number(facts.acceptedAt / 1_000, isHexadecimal)
            case .milliseconds: bytes += number(facts.acceptedAt % 1_000, isHexadecimal)
            case .number: bytes += number(Int64(truncatingIfNeeded: facts.number), isHexadecimal)
            case .process: bytes += number(Int64(facts.process), isHexadecimal)
            case .hostname: bytes += Array(facts.hostname.utf8)
            case .frontend: bytes += Array(facts.frontendName.utf8)
            case .given: bytes += facts.given
            }
        }
        return Array(bytes.prefix(128))
    }

    /// HAProxy writes at least four digits where they are hexadecimal.
    private func number(_ value: Int64, _ isHexadecimal: Bool) -> [UInt8] {
        guard isHexadecimal else { return Array(String(value).utf8) }
        let digits = String(max(0, value), radix: 16, uppercase: true)
        return Array((String(repeating: "0", count: max(0, 4 - digits.count)) + digits).utf8)
    }

    private func address(_ address: SocketAddress?, _ isHexadecimal: Bool) -> [UInt8] {
        guard let address = address.flatMap({ IPAddress($0) }) else { return Array("unix".utf8) }
        guard isHexadecimal else { return Array(address.description.utf8) }
        if address.isIPv4 {
            let digits = String(UInt32(truncatingIfNeeded: address.low), radix: 16, uppercase: true)
            return Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        return Array(
            [address.high, address.low].map { part in
                let digits = String(part, radix: 16, uppercase: true)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined().utf8
        )
    }
}
