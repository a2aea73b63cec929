// SPDX-License-Identifier: Apache-2.0

import enum NIOCore.SocketAddress
import ProxyProtocol

/// What HAProxy's `option tcplog` says of a session:
/// `%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq` (HAProxy configuration manual 8.2.2).
struct SessionLogLine: Sendable {
    var client: String
    /// Milliseconds since 1970, already moved to local time.
    var acceptedAt: Int64
    var frontend: String
    var backend: String
    var server: String?
    /// Milliseconds waited for a server, connected to it, and lived in all; -1 for a stage that was not reached.
    var waitTime = -1
    var connectTime = -1
    var totalTime = 0
    /// Bytes sent to the client.
    var bytesOut = 0
    var termination = TerminationState.normal
    /// Connections of the process, frontend, backend and server at the end.
    var connections: (process: Int, frontend: Int, backend: Int, server: Int) = (0, 0, 0, 0)
    var retries = 0
    var wasRedispatched = false
    /// How many waited before this one, at the server and at the backend.
    var serverQueue = 0
    var backendQueue = 0
    /// Whether the session goes on: `option logasap`.
    var isEarly = false
    /// What only `log-format` asks for: bytes from the client, addresses as `host:port`, the session's number, this host's name, and
    /// seconds east of UTC.
    var bytesIn = 0
    var destination = ""
    var serverAddress = ""
    var id: UInt64 = 0
    var hostname = ""
    var zone: Int64 = 0

    var text: String {
        var line = ""
        line.reserveCapacity(128)
        line += client
        line += " ["
        Timestamp.append(acceptedAt, to: &line)
        line += "] "
        line += frontend
        line += " "
        line += backend
        line += "/"
        line += server ?? "<NOSRV>"
        let early = isEarly ? "+" : ""
        line += " \(waitTime)/\(connectTime)/\(early)\(totalTime) \(early)\(bytesOut) "
        line += termination.cause.rawValue
        line += termination.stage.rawValue
        line += " \(connections.process)/\(connections.frontend)/\(connections.backend)/\(connections.server)/"
        line += wasRedispatched ? "+\(retries)" : "\(retries)"
        line += " \(serverQueue)/\(backendQueue)"
        return line
    }
}

extension SocketAddress {
    /// The IPv4 address that a socket for both families shows as `::ffff:a.b.c.d`; any other address as it is.
    var unmapped: SocketAddress {
        guard case .v6 = self, let address = IPAddress(self), address.isIPv4 else { return self }
        return (try? SocketAddress(ipAddress: address.description, port: port ?? 0)) ?? self
    }

    /// `address:port`, or `unix:1` as HAProxy writes clients of a UNIX socket.
    var logText: String {
        switch self {
        case .v4, .v6: "\(IPAddress(self)?.description ?? "?"):\(port ?? 0)"
        case .unixDomainSocket: "unix:1"
        }
    }
}
