// SPDX-License-Identifier: Apache-2.0

import Balancing
import Delivery
import Reception
import Spooling
import Statistics

/// Owns a `defaults`, `frontend`, `backend` or `listen` section while it is read; a `defaults` section is the draft that
/// others start from.
struct ProxyDraft {
    var kind: SectionKind
    /// The name, or the section's keyword where it has none.
    var name: Word
    /// Whether the section is in `mode http`: a page, or left out.
    var http: Word?
    /// What a section in `mode http` shows.
    var page = PageDraft()
    /// Whether it shows anything.
    var isPage = false

    // Towards the client.
    var binds: [BindDraft] = []
    var maximumConnections = 0
    var backlog: Int?
    var defaultBackend: Word?
    var handshakeTimeout: Int?
    /// Whether sessions are logged to the targets of `global`, and to which of the section's own.
    var logs = false
    var logTargets: [LogTarget] = []
    var disabled = false
    /// What needs no reading between the lines, in the roles' own form.
    var frontend = FrontendSettings(name: "")

    // Towards the servers.
    var backend = BackendSettings(name: "")
    var serverDefaults = ServerDraft()
    var servers: [ServerDraft] = []
    /// Whether the `tcp-check` lines are those of `defaults`, which a section's own replace.
    var inheritsCheckSteps = false

    /// acl, tcp-request, use_backend, stick-table.
    var rules = RuleDraft()

    /// Where each keyword was written that had an effect, defaults included.
    var given: [String: Word] = [:]
    /// What was written at all: what is there and wrong is not missing.
    var written = WrittenWords()

    init(kind: SectionKind, name: Word) {
        self.kind = kind
        self.name = name
    }

    /// A section that starts from a `defaults` section.
    init(kind: SectionKind, name: Word, from defaults: ProxyDraft) {
        self = defaults
        self.kind = kind
        self.name = name
        inheritsCheckSteps = true
    }

    var isFrontend: Bool { kind == .frontend || kind == .listen }
    var isBackend: Bool { kind == .backend || kind == .listen }

    /// `frontend 'x'`, as messages name it.
    var title: String { "\(kind.rawValue) \(name.shown)" }
}

/// Owns a `bind` line: its addresses and what holds for all of them.
struct BindDraft {
    var keyword: Word
    var addresses: [AddressNotation.Listening] = []
    var acceptProxy = false
    var proxyFrom: Word?
    var settings = BindSettings(address: .unix(path: ""))
    /// Whether `backlog` was written on the line.
    var hasBacklog = false
    var maximumConnections: Int?
}

/// Owns a `server` line, or the `default-server` line that others start from.
struct ServerDraft {
    var name = Word("", line: 0, offset: 0)
    var pool: PoolReference?
    var settings = ServerSettings(name: "", target: .unix(path: ""))
}

/// Owns the name in `pool@NAME`, and where it was written.
struct PoolReference {
    let name: String
    let word: Word
}

/// Owns a `pool` section while it is read.
struct PoolDraft {
    var name: Word
    var settings: PoolSettings
    var binds: [BindDraft] = []
    var headerTimeout: Int?
    /// mynetworks as it was written, for messages.
    var networks: [Word] = []
    /// The tables that its lists name.
    var accessTables: [AccessNotation.Table] = []
    var restrictionTables: [AccessNotation.Table] = []
    /// smtpd_proxy_filter as it was written.
    var proxyFilter: Word?
    var tls = TLSDraft()
    var written = WrittenWords()
}

/// Owns the `queue` section while it is read.
struct QueueDraft {
    var spool = SpoolSettings()
    var delivery = DeliverySettings()
    /// Limits of one transport win over the defaults of all (Postfix: transport_destination_concurrency_limit).
    var defaultConcurrency: Int?
    var defaultRecipients: Int?
    /// The files of `transport_maps`.
    var transportTables: [TransportNotation.Table] = []
    var written = WrittenWords()
}

/// Owns the keywords that a section has, right or wrong.
struct WrittenWords {
    private var names: Set<String> = []

    mutating func note(_ statement: Statement) {
        let words = statement.words.prefix(2).map(\.text)
        names.formUnion([words.first ?? "", words.joined(separator: " ")])
    }

    func contains(_ name: String) -> Bool { names.contains(name) }
}
