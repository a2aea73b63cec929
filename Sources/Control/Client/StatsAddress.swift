// SPDX-License-Identifier: Apache-2.0

/// Where a client finds a stats socket.
package enum StatsAddress: Sendable, Equatable, CustomStringConvertible {
    /// A socket file of this host.
    case unix(path: String)
    /// `HOST:PORT`; a name is looked up when it is dialled.
    case ip(host: String, port: Int)

    /// Reads `/path`, `unix@/path`, `host:port`, `[::1]:port`, `ipv4@host:port` or `ipv6@host:port`; nil for anything else.
    package init?(_ text: String) {
        if let path = text.dropping("unix@") {
            guard !path.isEmpty else { return nil }
            self = .unix(path: path)
            return
        }
        if text.contains("/") {
            self = .unix(path: text)
            return
        }
        let rest = text.dropping("ipv4@") ?? text.dropping("ipv6@") ?? text
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = String(rest[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { return nil }
        self = .ip(host: host, port: port)
    }

    package var description: String {
        switch self {
        case .unix(let path): path
        case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
