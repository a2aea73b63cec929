// SPDX-License-Identifier: Apache-2.0

/// How a frontend logs its sessions beyond on and off (HAProxy configuration manual 4.2 and 8.2).
package struct SessionLogSettings: Sendable, Equatable {
    /// `option dontlog-normal`: only sessions that failed, were repeated or moved leave a line.
    package var omitsNormal = false
    /// `option log-separate-errors`: lines of such sessions have the level err.
    package var separatesErrors = false
    /// `option logasap`: the line is written once the server is connected, with `+` before the times and bytes so far.
    package var isEarly = false
    /// `log-tag` of the section; nil: the global one.
    package var tag: String?
    /// `log-format`; nil: `option tcplog` decides.
    package var format: SessionLogFormat?
    /// Which of the log's targets the lines go to: 0 for those of `global`, else a number of the section's own list.
    package var channel: UInt8 = 0

    package init() {}
}

/// A `log-format` line: text and HAProxy's variables for TCP sessions (HAProxy configuration manual 8.2.4).
package struct SessionLogFormat: Sendable, Equatable {
    /// A variable, by HAProxy's name for it.
    package enum Variable: String, Sendable, Equatable, CaseIterable {
        case clientAddress = "ci"
        case clientPort = "cp"
        case acceptDate = "t"
        case universalDate = "T"
        case localDate = "Tl"
        case timestamp = "Ts"
        case millisecond = "ms"
        case frontend = "f"
        case frontendTransport = "ft"
        case frontendAddress = "fi"
        case frontendPort = "fp"
        case backend = "b"
        case server = "s"
        case serverAddress = "si"
        case serverPort = "sp"
        case waitTime = "Tw"
        case connectTime = "Tc"
        case handshakeTime = "Th"
        case totalTime = "Tt"
        case bytesToClient = "B"
        case bytesFromClient = "U"
        case termination = "ts"
        case processConnections = "ac"
        case frontendConnections = "fc"
        case backendConnections = "bc"
        case serverConnections = "sc"
        case retries = "rc"
        case serverQueue = "sq"
        case backendQueue = "bq"
        case sessionNumber = "rt"
        case hostname = "H"
    }

    /// A piece of the line.
    package enum Element: Sendable, Equatable {
        case text(String)
        case variable(Variable)
    }

    /// The pieces in the order of the line.
    package var elements: [Element]

    /// A format as the reader cut it up; unknown variables were refused there.
    package init(_ elements: [Element]) {
        self.elements = elements
    }

    /// The line of a session.
    func text(_ line: SessionLogLine) -> String {
        var text = ""
        text.reserveCapacity(160)
        for element in elements {
            switch element {
            case .text(let part): text += part
            case .variable(let variable): text += line.value(of: variable)
            }
        }
        return text
    }
}

extension SessionLogLine {
    fileprivate func value(of variable: SessionLogFormat.Variable) -> String {
        let early = isEarly ? "+" : ""
        switch variable {
        case .clientAddress: return Self.split(client).host
        case .clientPort: return Self.split(client).port
        case .acceptDate: return Timestamp.text(acceptedAt)
        case .universalDate: return String(Timestamp.text(acceptedAt - zone * 1_000).dropLast(4)) + " +0000"
        case .localDate: return String(Timestamp.text(acceptedAt).dropLast(4)) + " " + zoneText
        case .timestamp: return "\((acceptedAt - zone * 1_000) / 1_000)"
        case .millisecond: return String(Timestamp.text(acceptedAt).suffix(3))
        case .frontend, .frontendTransport: return frontend
        case .frontendAddress: return Self.split(destination).host
        case .frontendPort: return Self.split(destination).port
        case .backend: return backend
        case .server: return server ?? "<NOSRV>"
        case .serverAddress: return Self.split(serverAddress).host
        case .serverPort: return Self.split(serverAddress).port
        case .waitTime: return "\(waitTime)"
        case .connectTime: return "\(connectTime)"
        case .handshakeTime: return "0"
        case .totalTime: return early + "\(totalTime)"
        case .bytesToClient: return early + "\(bytesOut)"
        case .bytesFromClient: return early + "\(bytesIn)"
        case .termination: return "\(termination)"
        case .processConnections: return "\(connections.process)"
        case .frontendConnections: return "\(connections.frontend)"
        case .backendConnections: return "\(connections.backend)"
        case .serverConnections: return "\(connections.server)"
        case .retries: return wasRedispatched ? "+\(retries)" : "\(retries)"
        case .serverQueue: return "\(serverQueue)"
        case .backendQueue: return "\(backendQueue)"
        case .sessionNumber: return "\(id)"
        case .hostname: return hostname
        }
    }

    /// `+0100`
    private var zoneText: String {
        let minutes = abs(zone) / 60
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return (zone < 0 ? "-" : "+") + two(minutes / 60) + two(minutes % 60)
    }

    /// Host and port of `host:port`; `-` where there is none.
    private static func split(_ address: String) -> (host: String, port: String) {
        guard let colon = address.lastIndex(of: ":") else { return (address.isEmpty ? "-" : address, "-") }
        return (String(address[..<colon]), String(address[address.index(after: colon)...]))
    }
}
