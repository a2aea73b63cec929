// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import ProxyProtocol
import Statistics
import Support
import Synchronization
import Testing

/// Requests and answers, without a socket.
@Suite struct PageServiceTests {
    private final class Board: Sendable {
        let states = Mutex<[String]>([])
    }

    private let board = Board()

    private func service(_ change: (inout ControlOperations) -> Void = { _ in }) -> PageService {
        var operations = Fixtures.operations()
        let board = board
        operations.balancer.setState = { server, backend, state throws(OperationError) in
            guard backend == "bk_smtp", server != "none" else { throw .noSuchServer }
            board.states.withLock { $0.append("\(backend)/\(server) \(state)") }
        }
        change(&operations)
        return PageService(operations: operations, log: SilentLog())
    }

    private var settings: PageSettings {
        var settings = PageSettings(name: "stats")
        settings.hasPage = true
        settings.uri = "/"
        settings.administrators = [PageCondition([[.init(.localhost)]])]
        settings.metrics = [PageCondition([[.init(.path(["/metrics"]))]])]
        return settings
    }

    private func request(_ method: String, _ target: String, from source: String = "127.0.0.1") -> PageRequest {
        var request = PageRequest(method: method, target: target, source: IPAddress(source), client: "\(source):4000")
        request.host = "127.0.0.1:8404"
        return request
    }

    @Test(arguments: [
        ("GET", "/healthz", 200, "ok"), ("HEAD", "/healthz", 200, "ok"), ("POST", "/healthz", 405, "'POST'"),
        ("GET", "/", 200, "<!DOCTYPE html>"), ("GET", "/;st=DONE", 200, ">Done.<"),
        ("GET", "/;live", 200, "<dl class=\"tiles\""),
        ("GET", "/;csv", 200, "# pxname,svname"), ("GET", "/;csv;norefresh", 200, "# pxname,svname"),
        ("GET", "/?stats;csv", 200, "# pxname,svname"), ("GET", "/;json", 200, "[[{\"objType\""),
        ("GET", "/;typed", 200, "F.2.0.0.pxname"), ("GET", "/metrics", 200, "# HELP haproxy_process_nbthread"),
        ("POST", "/metrics", 405, "'POST'"), ("PUT", "/", 405, "'PUT'"), ("GET", "/nowhere", 404, "nothing is here"),
        ("GET", "", 404, "nothing is here"), ("GET", "/../etc/passwd", 404, "nothing is here"),
    ])
    func everyTargetHasItsAnswer(method: String, target: String, status: Int, text: String) {
        let answer = service().answer(request(method, target), settings)
        #expect(answer.status == status)
        #expect(answer.body.contains(text))
    }

    @Test func csvIsWhatShowStatPrints() {
        let rows = Fixtures.rows
        let circumstances = StatCircumstances(uptime: 0, showsAddresses: false)
        let answer = service { $0.balancer.rows = { rows } }.answer(request("GET", "/;csv"), settings)
        let shown = answer.body.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).prefix(20)
        }
        let wanted = StatText.csv(rows, circumstances).split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).prefix(20) }
        #expect(shown == wanted)
        let up = service().answer(request("GET", "/;csv;up"), settings).body
        #expect(!up.contains("bk_smtp,m2,"))
    }

    /// What is kept for a second is the whole page: a choice of rows is made anew for whoever chose.
    @Test func aChoiceIsOnesOwn() {
        let rows = Fixtures.rows
        let service = service { $0.balancer.rows = { rows } }
        func shows(_ target: String) -> Bool {
            service.answer(request("GET", target), settings).body.contains("Backend bk_smtp")
        }
        #expect(shows("/;live"))
        #expect(!shows("/;live;scope=nowhere"))
        #expect(shows("/"))
        #expect(!shows("/;scope=nowhere"))
    }

    @Test func healthTellsWhy() {
        var answer = service { $0.facts.isStopping = { true } }.answer(request("GET", "/healthz"), settings)
        #expect(answer.status == 503)
        #expect(answer.body.contains("drains"))
        var page = settings
        page.monitorURI = "/alive"
        answer = service().answer(request("GET", "/alive"), page)
        #expect(answer.status == 200)
    }

    // MARK: changes

    private func form(_ service: PageService, _ body: String) -> PageRequest {
        var request = request("POST", "/")
        request.body = Array((body + "&token=\(service.token)").utf8)
        return request
    }

    @Test(arguments: [
        ("b=bk_smtp&s=m1&action=drain", "DONE", ["bk_smtp/m1 drain"]),
        ("b=%233&s=m1&s=m2&action=ready", "DONE", ["bk_smtp/m1 ready", "bk_smtp/m2 ready"]),
        ("b=bk_smtp&s=m1&s=none&action=maint", "PART", ["bk_smtp/m1 maintenance"]),
        ("b=bk_smtp&s=none&action=drain", "EXCP", []), ("b=bk_smtp&action=drain", "NONE", []),
        ("b=nowhere&s=m1&action=drain", "ERRP", []), ("b=bk_smtp&s=m1&action=explode", "ERRP", []), ("", "ERRP", []),
    ])
    func formsDoWhatHAProxysDo(body: String, outcome: String, states: [String]) {
        let service = service()
        let answer = service.answer(form(service, body), settings)
        #expect(answer.status == 303)
        #expect(answer.headers.first { $0.name == "Location" }?.value == "/;st=\(outcome)")
        #expect(board.states.withLock { $0 } == states)
    }

    /// Another client's look began before a change and ends after it: the page that the change leads to shows what it did.
    @Test(arguments: ["/;csv", "/"])
    func aLookFromBeforeAChangeIsNotShownAfterIt(target: String) {
        let stage = Mutex<(name: String, change: (@Sendable () -> Void)?)>((name: "early", change: nil))
        let service = service { operations in
            operations.balancer.setState = { _, _, _ throws(OperationError) in stage.withLock { $0.name = "late" } }
            operations.balancer.rows = {
                var rows = Fixtures.rows
                rows[1].service = stage.withLock { $0.name } + "-look"
                return rows
            }
            // What a look asks for behind the rows.
            operations.counters = {
                let change = stage.withLock { stage in
                    defer { stage.change = nil }
                    return stage.change
                }
                change?()
                return []
            }
        }
        let (form, settings) = (form(service, "b=bk_smtp&s=m1&action=drain"), settings)
        stage.withLock { $0.change = { #expect(service.answer(form, settings).status == 303) } }
        #expect(service.answer(request("GET", target), settings).body.contains("early-look"))
        let after = service.answer(request("GET", target), settings).body
        #expect(after.contains("late-look") && !after.contains("early-look"))
    }

    @Test func aFormFromElsewhereChangesNothing() {
        let service = service()
        let good = form(service, "b=bk_smtp&s=m1&action=drain")
        var requests: [PageRequest] = []
        func add(_ change: (inout PageRequest) -> Void) {
            var request = good
            change(&request)
            requests.append(request)
        }
        add { $0.body = Array("b=bk_smtp&s=m1&action=drain".utf8) }
        add { $0.body = Array("b=bk_smtp&s=m1&action=drain&token=guess".utf8) }
        add { $0.origin = "http://evil.example" }
        add { $0.origin = "null" }
        add { $0.fetchSite = "cross-site" }
        add { $0.fetchSite = "same-site" }
        add { $0.host = "evil.example:8404" }
        add { $0.source = IPAddress("192.0.2.1") }
        for request in requests {
            #expect(service.answer(request, settings).status == 403)
        }
        #expect(board.states.withLock { $0 } == [])
        var same = good
        same.origin = "http://127.0.0.1:8404"
        same.fetchSite = "same-origin"
        #expect(service.answer(same, settings).status == 303)
    }

    @Test(
        arguments: [
            (nil, 401), ("Basic YW5uOnNlY3JldDp3b3Jk", 200), ("basic YW5uOnNlY3JldDp3b3Jk", 200),
            ("Basic YW5uOnNlY3JldA==", 401), ("Basic !!!!", 401), ("Bearer x", 401), ("Basic", 401),
        ] as [(String?, Int)]
    )
    func thePasswordIsAskedFor(header: String?, status: Int) {
        var page = settings
        page.users = [.init(name: "bob", password: "x"), .init(name: "ann", password: "secret:word")]
        var request = request("GET", "/", from: "192.0.2.1")
        request.authorization = header
        let answer = service().answer(request, page)
        #expect(answer.status == status)
        #expect((answer.headers.first { $0.name == "WWW-Authenticate" } != nil) == (status == 401))
        #expect(service().answer(self.request("GET", "/metrics"), page).status == 200)
    }

    @Test func nothingOfAPeerIsMarkup() {
        let failures = RecentFailures(now: { 0 })
        let evil = "\"><script>alert(1)</script>'&\u{202E}"
        failures.add(LogRecord(.warning, from: "relaybox/smtpd", evil))
        var row = Fixtures.rows[1]
        row.service = evil
        let rows = [Fixtures.rows[0], row]
        let sessions = [
            SessionRow(
                id: 1,
                transport: "tcpv4",
                source: evil,
                frontend: evil,
                backend: evil,
                server: evil,
                age: 1,
                phase: evil
            )
        ]
        let service = service {
            $0.balancer.rows = { rows }
            $0.balancer.sessions = { sessions }
            $0.failures = failures
            $0.counters = { [CounterGroup(part: "pool", name: evil, counts: [NamedCount("x", .counter, 1)])] }
        }
        let page = service.answer(request("GET", "/"), settings).body
        #expect(page.contains("&lt;script&gt;"))
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("\u{202E}"))
        let metrics = service.answer(request("GET", "/metrics"), settings).body
        #expect(metrics.contains("server=\"\\\"><script>"))
    }

    @Test(arguments: [
        ([3, 0, 0], "<div><dt>a</dt><dd>3</dd></div></dl><details><summary>2 more are 0</summary>"),
        ([0, 0, 0], "<p class=\"dim\">Nothing has been counted yet.</p><details><summary>3 more are 0</summary>"),
        ([1, 2, 3], "<div><dt>c</dt><dd>3</dd></div></dl></section>"),
    ])
    func whatAPoolHasNotCountedIsFolded(values: [Int], expected: String) {
        let counts = zip(["a", "b", "c"], values).map { NamedCount($0, .counter, $1) }
        let service = service { $0.counters = { [CounterGroup(part: "pool", name: "p", counts: counts)] } }
        let page = service.answer(request("GET", "/"), settings).body
        #expect(page.contains(expected))
        #expect(values.indices.allSatisfy { page.contains("<dt>\(counts[$0].name)</dt>") })
    }

    @Test func strangersSeeNumbersOnly() {
        let failures = RecentFailures(now: { 0 })
        failures.add(LogRecord(.warning, from: "relaybox/smtpd", "from=<private@example.test>"))
        let service = service { $0.failures = failures }
        #expect(!service.answer(request("GET", "/", from: "192.0.2.1"), settings).body.contains("private@"))
        #expect(!service.answer(request("GET", "/", from: "192.0.2.1"), settings).body.contains("<form"))
        #expect(service.answer(request("GET", "/"), settings).body.contains("private@"))
    }

    @Test func scriptsAndStylesCarryTheNonceOfTheirPage() throws {
        let service = service()
        let answers = (0..<2).map { _ in service.answer(request("GET", "/"), settings) }
        let policies = answers.map { $0.headers.first { $0.name == "Content-Security-Policy" }?.value ?? "" }
        #expect(policies[0] != policies[1])
        for (answer, policy) in zip(answers, policies) {
            let nonce = try #require(policy.split(separator: "'").first { $0.hasPrefix("nonce-") }).dropFirst(6)
            #expect(answer.body.contains("<script nonce=\"\(nonce)\">"))
            #expect(answer.body.contains("<style nonce=\"\(nonce)\">"))
            #expect(!answer.body.contains(" onclick=") && !answer.body.contains(" style="))
        }
    }
}
