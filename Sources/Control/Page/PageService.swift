// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// Answers the requests of all pages: HTML, CSV, JSON, metrics and health. Blocks; never on an event loop.
///
/// However many clients ask, the process is looked at once a second, and the queue is counted at most every ten seconds.
package final class PageService: Sendable {
    private struct State {
        var snapshot: PageSnapshot?
        var census = QueueCensus()
        /// By the monotonic clock, milliseconds.
        var snapshotDue = Int64.min
        var censusDue = Int64.min
        var live: [LiveKey: String] = [:]
        /// Counts looks and changes: what was begun before another one is not kept.
        var generation = 0

        mutating func forget() {
            live = [:]
            generation += 1
        }
    }

    private struct LiveKey: Hashable {
        var page: String
        var visitor: PageAccess.Visitor
    }

    /// Milliseconds for which a look at the process, and a count of the queue, are good.
    private static let snapshotAge: Int64 = 1_000
    private static let censusAge: Int64 = 10_000
    /// Milliseconds one count of the queue may take.
    private static let censusTime: Int64 = 500
    /// Variants of the live part that are kept for that second.
    private static let liveLimit = 16

    /// What the page may reach.
    package let operations: ControlOperations
    /// The samples behind the charts; `sample` adds to them.
    package let history = PageHistory()
    /// What forms must show: random, new with every start.
    package let token: String
    private let log: any LogSink
    private let state = Mutex(State())

    /// One for all pages of the process; draws their token.
    package init(operations: ControlOperations, log: any LogSink) {
        self.operations = operations
        self.log = log
        var generator = SystemRandomNumberGenerator()
        token = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    /// Notes the totals for the charts.
    package func sample() {
        history.add(PageSnapshot.reading(operations))
    }

    /// Answers one request to one page.
    package func answer(_ request: PageRequest, _ settings: PageSettings) -> PageAnswer {
        let path = request.path
        if path == "/healthz" || (settings.monitorURI != nil && request.target == settings.monitorURI) {
            return health(request)
        }
        let isRead = request.method == "GET" || request.method == "HEAD"
        if settings.metrics.contains(where: { $0.holds(source: request.source, path: path) }) {
            guard isRead else { return refuse(request.method, allowed: "GET, HEAD") }
            let text = PrometheusText.text(snapshot(), isShown: { settings.shows($0) })
            return PageAnswer(200, "text/plain; version=0.0.4", text)
        }
        guard settings.hasPage, let options = request.options(behind: settings.uri) else { return nowhere(settings) }
        let access = PageAccess(settings: settings, hostname: operations.facts.node, token: token)
        guard let visitor = access.visitor(request) else {
            let realm = PlainText.line(settings.realm).filter { $0 != "\"" && $0 != "\\" }
            return .words(
                401,
                "a name and a password are needed",
                headers: [("WWW-Authenticate", "Basic realm=\"\(realm)\"")]
            )
        }
        guard isRead || request.method == "POST" else { return refuse(request.method, allowed: "GET, HEAD, POST") }
        if request.method == "POST" { return change(request, access, visitor) }
        return show(options, access, visitor)
    }

    private func show(_ options: [String], _ access: PageAccess, _ visitor: PageAccess.Visitor) -> PageAnswer {
        let (snapshot, generation) = look()
        var rows = snapshot.rows.filter { access.settings.shows($0.proxy) }
        var filter = StatRequest(options.filter { $0 == "up" || $0 == "no-maint" })
        if let scope = options.first(where: { $0.hasPrefix("scope=") })?.dropFirst("scope=".count), !scope.isEmpty {
            let name = PageForm.decode(scope.utf8)
            rows = rows.filter { $0.proxy.contains(name) }
        }
        filter.shape = options.contains("json") ? .json : options.contains("typed") ? .typed : .csv
        let circumstances = StatCircumstances(uptime: snapshot.uptime, showsAddresses: access.settings.showsLegends)
        if options.contains("csv") {
            let chosen = filter.select(from: rows) ?? []
            return PageAnswer(200, "text/plain; charset=utf-8", StatText.csv(chosen, circumstances))
        }
        if options.contains("json") {
            let chosen = filter.select(from: rows) ?? []
            return PageAnswer(200, "application/json", StatText.json(chosen, circumstances, described: false))
        }
        if options.contains("typed") {
            let chosen = filter.select(from: rows) ?? []
            return PageAnswer(200, "text/plain; charset=utf-8", StatText.typed(chosen, circumstances, described: false))
        }
        let isChosen = options.contains { $0 == "up" || $0 == "no-maint" || $0.hasPrefix("scope=") }
        let chosen = filter.select(from: rows) ?? []
        let live = live(snapshot, chosen, access, visitor, keptFor: isChosen ? nil : generation)
        if options.contains("live") { return PageAnswer(200, "text/html; charset=utf-8", live) }
        let outcome = options.first { $0.hasPrefix("st=") }.map { String($0.dropFirst("st=".count)) }
        return PageDocument(access: access, snapshot: snapshot).answer(live: live, outcome: outcome)
    }

    /// The part of the page that changes; made once a second for each kind of visitor.
    ///
    /// - Parameter generation: that of the look; nil: it is made for one visitor alone.
    private func live(
        _ snapshot: PageSnapshot,
        _ rows: [StatisticsRow],
        _ access: PageAccess,
        _ visitor: PageAccess.Visitor,
        keptFor generation: Int?
    ) -> String {
        let sections = PageSections(snapshot: snapshot, rows: rows, access: access, visitor: visitor)
        // why: a choice of rows is somebody's own view, neither to be shown to others nor to be replaced by theirs.
        guard let generation else { return sections.html }
        let key = LiveKey(page: access.settings.name, visitor: visitor)
        if let known = state.withLock({ $0.live[key] }) { return known }
        let text = sections.html
        state.withLock { state in
            guard state.generation == generation, state.live.count < Self.liveLimit else { return }
            state.live[key] = text
        }
        return text
    }

    private func change(_ request: PageRequest, _ access: PageAccess, _ visitor: PageAccess.Visitor) -> PageAnswer {
        let fields = PageForm.fields(request.body)
        if let refusal = access.refusal(request, visitor, fields: fields) {
            log.write(
                LogRecord(.notice, from: operations.facts.name, "page: \(request.client): change refused: \(refusal)")
            )
            return .words(403, refusal)
        }
        let client = visitor.user.isEmpty ? request.client : "\(request.client) (\(PlainText.line(visitor.user)))"
        let result = PageActions(operations: operations, log: log).perform(fields, by: client)
        state.withLock { state in
            state.snapshotDue = .min
            state.forget()
        }
        return PageAnswer(303, "text/plain", "", headers: [("Location", "\(access.settings.uri);st=\(result)")])
    }

    private func health(_ request: PageRequest) -> PageAnswer {
        guard request.method == "GET" || request.method == "HEAD" else {
            return refuse(request.method, allowed: "GET, HEAD")
        }
        switch PageHealth(operations) {
        case .ok: return .words(200, "ok")
        case .failing(let reason): return .words(503, reason)
        }
    }

    private func refuse(_ method: String, allowed: String) -> PageAnswer {
        .words(405, "'\(PlainText.line(method).prefix(40))' is not possible here", headers: [("Allow", allowed)])
    }

    private func nowhere(_ settings: PageSettings) -> PageAnswer {
        var text = "nothing is here; there is /healthz"
        if settings.hasPage { text += ", and the page at \(PlainText.line(settings.uri))" }
        return .words(404, text)
    }

    /// The process as it was a second ago at most.
    private func snapshot() -> PageSnapshot { look().snapshot }

    /// The same with the number of that look.
    private func look() -> (snapshot: PageSnapshot, generation: Int) {
        let now = operations.uptime()
        let (known, census, mustCount, generation) = state.withLock {
            state -> (PageSnapshot?, QueueCensus, Bool, Int) in
            if let snapshot = state.snapshot, now < state.snapshotDue {
                return (snapshot, state.census, false, state.generation)
            }
            let mustCount = now >= state.censusDue
            // why before the count: another thread must not begin one as well.
            if mustCount { state.censusDue = now + Self.censusAge }
            return (nil, state.census, mustCount, state.generation)
        }
        if let known { return (known, generation) }
        var counted = census
        if mustCount, let spool = operations.spool {
            let uptime = operations.uptime
            counted = QueueCensus(spool, now: operations.now()) { uptime() - now < Self.censusTime }
            // why longer after a slow one: counting never takes more than a twentieth of a thread.
            let next = uptime() + max(Self.censusAge, (uptime() - now) * 20)
            state.withLock { [counted] state in
                state.census = counted
                state.censusDue = next
            }
        }
        let fresh = PageSnapshot(operations, census: counted, history: history)
        return state.withLock { state in
            // why: a change, or a newer look, has come meanwhile, and who asks next must see it.
            guard state.generation == generation else { return (fresh, generation) }
            state.snapshot = fresh
            state.snapshotDue = operations.uptime() + Self.snapshotAge
            state.forget()
            return (fresh, state.generation)
        }
    }
}

extension PageSettings {
    /// Whether `stats scope` lets a proxy be seen.
    func shows(_ proxy: String) -> Bool {
        scopes.isEmpty || scopes.contains(proxy) || (scopes.contains(".") && proxy == name)
    }
}
