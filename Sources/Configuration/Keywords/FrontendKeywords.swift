// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The words of `frontend` and of the half of `listen` that faces the clients (HAProxy configuration manual 4.2).
enum FrontendKeywords {
    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "bind",
            "ADDRESS[,ADDRESS]... [OPTION...]",
            in: [.frontend, .listen],
            "Where clients connect: [IP]:PORT[-PORT], '*' or nothing for all of IPv4, '::' for IPv6, the path of a UNIX"
                + " socket, or 'systemd@NAME'; an address that systemd already opened is taken over",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            proxy.binds.append(try BindDraft(reading: &words, after: proxy.binds))
        },
        Keyword(
            "default_backend",
            "NAME",
            in: .clientSide,
            "The backend, or the 'listen' section, that serves the clients",
            strict: true
        ) { proxy, words throws(Finding) in
            proxy.defaultBackend = try words.next("the name of a backend")
        },
        Keyword(
            "maxconn",
            "NUMBER",
            default: "0",
            in: .clientSide,
            "Connections at once; further ones wait in the kernel; 0: only the global limit"
        ) { proxy, words throws(Finding) in
            proxy.maximumConnections = try words.integer(in: 0...10_000_000)
        },
        Keyword(
            "backlog",
            "NUMBER",
            default: "1024",
            in: .clientSide,
            "How many connections the kernel keeps for each listener that were not accepted yet"
        ) { proxy, words throws(Finding) in
            proxy.backlog = try words.integer(in: 1...65_535)
        },
        Keyword(
            "timeout client",
            "TIME",
            default: "none",
            in: .clientSide,
            "How long a client may send nothing while it should; RFC 5321 asks for 5m"
        ) { proxy, words throws(Finding) in
            proxy.frontend.clientTimeout = try words.timeout()
        },
        Keyword(
            "timeout client-hs",
            "TIME",
            default: "5s",
            in: .clientSide,
            "How long the PROXY header of 'accept-proxy' may take"
        ) { proxy, words throws(Finding) in
            proxy.handshakeTimeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword(
            "option tcplog",
            default: "off",
            in: .proxies,
            "One line for every session, with times, bytes, the reason of its end and the counts of connections",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.frontend.tcpLog = !words.isNegated
        },
        Keyword(
            "option dontlognull",
            default: "off",
            in: .clientSide,
            "Sessions without a byte leave no line",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.frontend.omitsNullSessions = !words.isNegated
        },
    ]
}

extension BindDraft {
    /// Reads what follows the word `bind`, in a section that has some such lines already.
    init(reading words: inout Arguments, after others: [BindDraft]) throws(Finding) {
        self.init(keyword: words.keyword)
        let word = try words.next("an address such as :25")
        addresses = try AddressNotation.endpoints(word)
        guard others.reduce(addresses.count, { $0 + $1.addresses.count }) <= ConfigurationLimits.listeners else {
            throw Finding(at: word, "a section opens at most \(ConfigurationLimits.listeners) listeners")
        }
        BindKeywords.table.applyOptions(to: &self, &words, in: "bind")
        if let proxyFrom, !acceptProxy {
            throw Finding(at: proxyFrom, "'proxy-from' needs 'accept-proxy' on the same line")
        }
    }
}
