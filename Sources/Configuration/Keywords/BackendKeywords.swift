// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The words of `backend` and of the half of `listen` that faces the servers (HAProxy configuration manual 4.2).
enum BackendKeywords {
    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "server",
            "NAME ADDRESS [OPTION...]",
            in: [.backend, .listen],
            "A server: 'pool@NAME' for a pool of this file, HOST:PORT, or the path of a UNIX socket",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            try server(&proxy, &words)
        },
        Keyword(
            "default-server",
            "OPTION...",
            in: .serverSide,
            "Options that hold for the 'server' lines that follow",
            repeatable: true
        ) { proxy, words throws(Finding) in
            ServerKeywords.table.applyOptions(to: &proxy.serverDefaults, &words, in: "default-server")
        },
        Keyword("retries", "NUMBER", default: "3", in: .serverSide, "Further attempts after a connect that failed") {
            proxy,
            words throws(Finding) in
            proxy.backend.retries = try words.integer(in: 0...100)
        },
        Keyword(
            "fullconn",
            "NUMBER",
            default: "a tenth of the 'maxconn' of the frontends that lead here",
            in: .serverSide,
            "From how many connections on a server with 'minconn' may have all of its 'maxconn'"
        ) { proxy, words throws(Finding) in
            proxy.backend.fullConnections = try words.integer(in: 0...10_000_000)
        },
        Keyword(
            "timeout connect",
            "TIME",
            default: "none",
            in: .serverSide,
            "How long a connection to a server may take to stand"
        ) { proxy, words throws(Finding) in
            proxy.backend.connectTimeout = try words.timeout()
        },
        Keyword(
            "timeout server",
            "TIME",
            default: "none",
            in: .serverSide,
            "How long a server may send nothing while it should; RFC 5321 asks for 5m, and 10m after the final dot"
        ) { proxy, words throws(Finding) in
            proxy.backend.serverTimeout = try words.timeout()
        },
        Keyword(
            "timeout queue",
            "TIME",
            default: "timeout connect",
            in: .serverSide,
            "How long a connection may wait for a server with a free slot"
        ) { proxy, words throws(Finding) in
            proxy.backend.queueTimeout = try words.timeout()
        },
        Keyword("timeout check", "TIME", default: "inter", in: .serverSide, "How long a check may take") {
            proxy,
            words throws(Finding) in
            proxy.backend.checkTimeout = try words.timeout()
        },
    ]

    private static func server(_ proxy: inout ProxyDraft, _ words: inout Arguments) throws(Finding) {
        let name = try words.next("a name and an address")
        guard name.text.isProxyName else {
            throw Finding(at: name, "\(name.shown) is no name for a server: use letters, digits, '-', '_', '.' and ':'")
        }
        let address = words.peek
        let looksLikeOption = address.map { ServerKeywords.table.match([$0]) != nil } ?? true
        guard let address, !looksLikeOption else {
            let place = address.map { " before \($0.shown)" } ?? ""
            let rest = words.joined.isEmpty ? "" : " " + words.joined
            throw Finding(
                at: address ?? name,
                "server \(name.shown) has no address\(place): write 'server \(name.text) HOST:PORT\(rest)'"
            )
        }
        words.skip()
        var draft = proxy.serverDefaults
        draft.name = name
        draft.settings.name = name.text
        switch try AddressNotation.target(address) {
        case .pool(let name):
            draft.pool = PoolReference(name: name, word: address)
            draft.settings.target = .pool(name: name)
        case .tcp(let host, let port): draft.settings.target = .tcp(host: host, port: port)
        case .unix(let path): draft.settings.target = .unix(path: path)
        }
        ServerKeywords.table.applyOptions(to: &draft, &words, in: "server")
        if draft.settings.checkTLS.isWanted, draft.settings.checkTLS.verifies == nil {
            let text = "'check-ssl' needs 'verify required ca-file FILE', or 'verify none' where the network is trusted"
            words.findings.append(Finding(at: name, text))
        }
        if draft.settings.observes, !draft.settings.check {
            let text = "'observe' needs 'check': without checks a server that it takes down would never come up"
            words.findings.append(Finding(at: name, text))
        }
        if let twin = proxy.servers.first(where: { $0.name.text == name.text }) {
            throw Finding(at: name, "server \(name.shown) is already there in line \(twin.name.line + 1)")
        }
        guard proxy.servers.count < ConfigurationLimits.servers else {
            throw Finding(at: name, "a backend has at most \(ConfigurationLimits.servers) servers")
        }
        proxy.servers.append(draft)
    }
}

extension Arguments {
    /// A timeout of HAProxy's: milliseconds by default, and 0 for none.
    mutating func timeout() throws(Finding) -> Int? {
        let milliseconds = try time(unit: .milliseconds, in: 0...Quantity.longestTime)
        return milliseconds == 0 ? nil : milliseconds
    }
}
