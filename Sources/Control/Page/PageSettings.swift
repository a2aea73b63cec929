// SPDX-License-Identifier: Apache-2.0

package import Balancing
package import ProxyProtocol

/// One `listen` or `frontend` section in `mode http`: the page for people and its relatives for programs (HAProxy
/// configuration manual 4.2, `stats`).
package struct PageSettings: Sendable, Equatable {
    /// One address of a `bind` line.
    package struct Listener: Sendable, Equatable {
        /// An IP address, a UNIX socket's path or a socket of systemd's.
        package var address: BindSettings.Address
        /// Connections that the kernel keeps until they are accepted.
        package var backlog = 128

        /// An address with the default backlog.
        package init(address: BindSettings.Address) {
            self.address = address
        }
    }

    /// Who must say a password, `stats auth`.
    package struct User: Sendable, Equatable, CustomReflectable {
        /// As the browser asks for it; no colon in it.
        package var name: String
        /// In clear text, as the file has it.
        package var password: String

        /// One `stats auth` line.
        package init(name: String, password: String) {
            self.name = name
            self.password = password
        }

        /// Without the password: dumps of settings are read by many.
        package var customMirror: Mirror { Mirror(self, children: ["name": name], displayStyle: .struct) }
    }

    /// The section's name.
    package var name: String
    /// `bind` lines in their order.
    package var listeners: [Listener] = []
    /// `stats enable`: whether there is a page at all; metrics and health may stand alone.
    package var hasPage = false
    /// `stats uri`: where the page is. HAProxy: `/haproxy?stats`.
    package var uri = "/haproxy?stats"
    /// `stats refresh`: seconds after which a browser without JavaScript loads the page again; nil: never.
    package var refresh: Int?
    /// `stats admin`: who may change servers; none: nobody.
    package var administrators: [PageCondition] = []
    /// `stats auth`: none: nobody is asked.
    package var users: [User] = []
    /// `stats realm`.
    package var realm = "relaybox"
    /// `stats hide-version`.
    package var hidesVersion = false
    /// `stats show-legends`: addresses of servers, and names and reasons of mail, to everybody who sees the page.
    package var showsLegends = false
    /// `stats show-node` and `stats show-desc`; nil: not shown.
    package var node: String?
    /// `stats show-desc`: a text below the title; nil: none.
    package var description: String?
    /// `stats scope`: the only proxies that are shown; empty: all.
    package var scopes: [String] = []
    /// `http-request use-service prometheus-exporter`: which requests get metrics; none: there are none.
    package var metrics: [PageCondition] = []
    /// `monitor-uri`: another path that answers as `/healthz` does.
    package var monitorURI: String?
    /// `maxconn`: clients at once; further ones wait in the kernel.
    package var maximumClients = 64
    /// `timeout http-request`: milliseconds a whole request may take.
    package var requestTimeout = 10_000
    /// `timeout http-keep-alive`: milliseconds a connection may wait for the next request.
    package var keepAliveTimeout = 15_000
    /// `timeout client`: milliseconds a client may take to read an answer.
    package var answerTimeout = 30_000

    /// A section that answers nothing yet.
    package init(name: String) {
        self.name = name
    }
}

/// An ACL condition of the page: alternatives, each of terms that must hold together (HAProxy configuration manual 7).
package struct PageCondition: Sendable, Equatable {
    /// What one word of a condition asks.
    package enum Test: Sendable, Equatable {
        case always
        /// `src`: the client's address is in one of these networks.
        case source([AddressRange])
        /// A client on this host: `LOCALHOST`; a UNIX socket's clients are.
        case localhost
        /// `path` and `path_beg`.
        case path([String])
        case pathPrefix([String])
    }

    /// A test, or its opposite.
    package struct Term: Sendable, Equatable {
        /// What is asked.
        package var test: Test
        /// `!` in front of it.
        package var isNegated: Bool

        /// One word of a condition.
        package init(_ test: Test, isNegated: Bool = false) {
            self.test = test
            self.isNegated = isNegated
        }
    }

    /// One of these must hold, and in it every term.
    package var alternatives: [[Term]]
    /// `unless` instead of `if`.
    package var isNegated: Bool

    /// An `if`, or, negated, an `unless`.
    package init(_ alternatives: [[Term]], isNegated: Bool = false) {
        self.alternatives = alternatives
        self.isNegated = isNegated
    }

    /// Holds for everybody and everything.
    package static let always = PageCondition([[Term(.always)]])

    /// Whether it holds for a request.
    ///
    /// - Parameter source: nil for a client of a UNIX socket.
    package func holds(source: IPAddress?, path: String) -> Bool {
        let holds = alternatives.contains { terms in
            terms.allSatisfy { $0.test.holds(source: source, path: path) != $0.isNegated }
        }
        return holds != isNegated
    }
}

extension PageCondition.Test {
    /// 127.0.0.0/8 and ::1.
    private static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1")].compactMap { $0 }

    fileprivate func holds(source: IPAddress?, path: String) -> Bool {
        switch self {
        case .always: true
        case .source(let ranges): source.map { source in ranges.contains { $0.contains(source) } } ?? false
        case .localhost: source.map { source in Self.loopback.contains { $0.contains(source) } } ?? true
        case .path(let paths): paths.contains(path)
        case .pathPrefix(let prefixes): prefixes.contains { path.hasPrefix($0) }
        }
    }
}
