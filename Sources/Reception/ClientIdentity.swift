// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import ProxyProtocol

/// Who the client is, as far as somebody we believe has said so.
package struct ClientIdentity: Sendable, Equatable {
    /// The client's address; nil when nobody vouches for one: such a client is never in a trusted network.
    package let address: IPAddress?
    /// `192.0.2.1`, or `unknown`: what stands in brackets in log lines.
    package let addressText: String
    /// The client's port; 0 where nobody vouches for an address.
    package let port: Int
    /// The address the client connected to, for the log.
    package let server: String
    /// The port the client connected to; 0 where it is not known.
    package let serverPort: Int
    /// What the DNS says of the client's name, when it was asked.
    package var host = ClientHost() {
        didSet { logName = "\(host.logName)[\(addressText)]" }
    }
    /// `unknown[192.0.2.1]` or `mail.example.org[192.0.2.1]`: the client as Postfix's log lines name it. Several lines of a
    /// message need it, so it is written out once.
    package private(set) var logName: String

    /// The identity in a header that has passed the trust rules: LOCAL, UNKNOWN and UNIX give none.
    package init(_ header: ProxyHeader) {
        server = header.destination.flatMap { IPAddress($0) }?.description ?? ""
        serverPort = header.destination?.port ?? 0
        guard header.command == .proxy, let source = header.source, let ip = IPAddress(source) else {
            address = nil
            addressText = "unknown"
            port = 0
            logName = "\(host.logName)[unknown]"
            return
        }
        address = ip
        addressText = ip.description
        port = source.port ?? 0
        logName = "\(host.logName)[\(addressText)]"
    }

    /// `[192.0.2.1]:4242`: the client as postscreen's log lines name it.
    package var endpoint: String { "[\(addressText)]:\(port)" }
}
