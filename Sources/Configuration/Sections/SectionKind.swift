// SPDX-License-Identifier: Apache-2.0

/// The sections an `appliance.conf` is made of.
enum SectionKind: String, CaseIterable, Sendable {
    case global
    case defaults
    case frontend
    case backend
    case listen
    case pool
    case queue

    /// How `$` and continuation lines are read in it.
    var dialect: Tokenizer.Dialect {
        switch self {
        case .global, .defaults, .frontend, .backend, .listen: .haproxy
        case .pool, .queue: .parameters
        }
    }

    /// Whether the section must have a name, may have one, or must not.
    var naming: Naming {
        switch self {
        case .global, .queue: .none
        case .defaults: .optional
        case .frontend, .backend, .listen, .pool: .required
        }
    }

    enum Naming { case none, optional, required }

    var isProxy: Bool { SectionSet.proxies.contains(SectionSet(self)) }

    /// HAProxy's sections that this version passes over, with what that means.
    static let foreign: [String: String] = [
        "peers": "stick tables are not exchanged",
        "resolvers": "names are resolved as the host does it",
        "userlist": "nothing here asks for a password",
        "mailers": "no mail is sent about servers",
        "cache": "it is about HTTP",
        "program": "systemd starts programs",
        "ring": "log lines go to a target of 'log'",
        "http-errors": "it is about HTTP",
        "fcgi-app": "it is about HTTP",
        "log-forward": "log lines are not forwarded for others",
        "crt-store": "TLS is not supported by this version",
        "traces": "there is no tracing",
    ]
}

/// Sections in which a keyword may stand.
struct SectionSet: OptionSet, Sendable {
    let rawValue: Int

    static let global = SectionSet(.global)
    static let defaults = SectionSet(.defaults)
    static let frontend = SectionSet(.frontend)
    static let backend = SectionSet(.backend)
    static let listen = SectionSet(.listen)
    static let pool = SectionSet(.pool)
    static let queue = SectionSet(.queue)

    static let proxies: SectionSet = [.defaults, .frontend, .backend, .listen]
    /// Where clients are described.
    static let clientSide: SectionSet = [.defaults, .frontend, .listen]
    /// Where servers are described.
    static let serverSide: SectionSet = [.defaults, .backend, .listen]

    init(rawValue: Int) { self.rawValue = rawValue }

    init(_ kind: SectionKind) {
        self.init(rawValue: 1 << (SectionKind.allCases.firstIndex(of: kind) ?? 0))
    }

    /// The sections' names in the order of `SectionKind`.
    var names: [String] {
        SectionKind.allCases.filter { contains(SectionSet($0)) }.map(\.rawValue)
    }
}
