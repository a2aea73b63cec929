// SPDX-License-Identifier: Apache-2.0

package import enum NIOCore.SocketAddress

/// What a PROXY protocol header says about the connection it stands in front of (PROXY protocol specification 2).
package struct ProxyHeader: Sendable, Equatable {
    /// Whether the proxy speaks for a client or for itself.
    package enum Command: Sendable, Equatable {
        /// The proxy's own connection, such as a health check: the real endpoints count, and no client is identified.
        case local
        /// A client's connection: the addresses in the header count.
        case proxy
    }

    /// One type-length-value of a version 2 header.
    package struct TypeLengthValue: Sendable, Equatable {
        /// As section 2.2 of the protocol numbers them; up to 65,535 bytes of value.
        package var type: UInt8
        /// The bytes as they came: not text, not terminated.
        package var value: [UInt8]

        /// `value` beyond 65,535 bytes does not fit a header, and the encoder leaves it out.
        package init(type: UInt8, value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    /// `local` where nobody may be taken for the client.
    package var command: Command
    /// The client's address, nil when the header does not give one (LOCAL, UNKNOWN, UNSPEC).
    package var source: SocketAddress?
    /// The address the client connected to, nil when the header does not give one.
    package var destination: SocketAddress?
    /// The values of a version 2 header in their order; version 1 has none, and the encoder skips them there.
    package var values: [TypeLengthValue]

    /// A header without addresses is one that identifies nobody.
    package init(
        command: Command,
        source: SocketAddress? = nil,
        destination: SocketAddress? = nil,
        values: [TypeLengthValue] = []
    ) {
        self.command = command
        self.source = source
        self.destination = destination
        self.values = values
    }

    /// The type of the value that carries the host name the client asked for (specification 2.2.2).
    package static let authorityType: UInt8 = 0x02
    /// The type of the value that carries an opaque unique id, at most 128 bytes (specification 2.2.5).
    package static let uniqueIDType: UInt8 = 0x05
}

/// The two encodings of a header.
package enum ProxyHeaderVersion: Int, Sendable, Equatable {
    /// One line of text (specification 2.1).
    case v1 = 1
    /// Binary, with values (specification 2.2).
    case v2 = 2
}
