// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import ProxyProtocol

/// Who the client is, as far as somebody we believe has said so.
package struct ClientIdentity: Sendable, Equatable {
    /// The client's address; nil when nobody vouches for one: such a client is never in a trusted network.
    package let address: IPAddress?
    package let port: Int
    /// The address the client connected to, for the log.
    package let server: String
    package let serverPort: Int
    /// What the DNS says of the client's name, when it was asked.
    package var host = ClientHost()

    /// The identity in a header that has passed the trust rules: LOCAL, UNKNOWN and UNIX give none.
    package init(_ header: ProxyHeader) {
        server = header.destination.flatMap { IPAddress($0) }?.description ?? ""
        serverPort = header.destination?.port ?? 0
        guard header.command == .proxy, let source = header.source, let ip = IPAddress(source) else {
            address = nil
            port = 0
            return
        }
        address = ip
        port = source.port ?? 0
    }

    /// `192.0.2.1`, or `unknown`: what stands in brackets in log lines.
    package var addressText: String { address?.description ?? "unknown" }

    /// `[192.0.2.1]:4242`: the client as postscreen's log lines name it.
    package var endpoint: String { "[\(addressText)]:\(port)" }

    /// `unknown[192.0.2.1]` or `mail.example.org[192.0.2.1]`: the client as Postfix's log lines name it.
    package var logName: String { "\(host.logName)[\(addressText)]" }
}
