// SPDX-License-Identifier: Apache-2.0

import Control
import Statistics
import Testing

/// Counters by reflection, failures by their lines, samples by subtraction.
@Suite struct PageCountsTests {
    private final class Inner {
        let dnsblHits = Counter()
        let sites = ["b.example": Counter()]
    }

    private final class Counts {
        let sessions = Gauge()
        let lostConnections = Counter()
        let queued = Counter()
        let screening = Inner()
        let list = [Counter(), Counter()]
        let latency = LatencyHistogram()
        let text = "x"
    }

    @Test func everyCounterAppearsUnderItsName() {
        let counts = Counts()
        counts.sessions.enter()
        counts.screening.dnsblHits.add(3)
        let group = CounterGroup(part: "pool", name: "a", of: counts, gauges: ["queued"])
        let names = group.counts.map(\.name)
        #expect(
            names == [
                "sessions_current", "sessions_max", "sessions", "lost_connections", "queued", "screening_dnsbl_hits",
                "screening_sites_b_example", "list_0", "list_1",
            ]
        )
        #expect(group.counts.first { $0.name == "queued" }?.kind == .gauge)
        #expect(
            PageSnapshot.verdicts(of: [group, group]) == ["dnsbl_hits": 6, "sites_b_example": 0, "lost_connections": 0]
        )
    }

    @Test(arguments: [
        ("lostConnections", "lost_connections"), ("lost-connections", "lost_connections"), ("x", "x"), ("", ""),
        ("nonSMTPCommands", "non_smtp_commands"), ("SMTPCommands", "smtp_commands"), ("overTLS", "over_tls"),
        ("IPv6Peers", "i_pv6_peers"), ("aB", "a_b"), ("ABc", "a_bc"), ("A", "a"), ("AB", "ab"),
        ("list2Size", "list2_size"), ("b.Example", "b_example"), ("\u{E4}X", "_x"),
    ])
    func aRunOfCapitalsIsOneWord(label: String, word: String) {
        #expect(CounterGroup.word(label) == word)
    }

    @Test(arguments: [
        (Severity.warning, "relaybox", "anything", true),
        (.notice, "relaybox", "started", false),
        (.informational, "relaybox/smtp", "X: to=<a>, dsn=2.0.0, status=sent (250 ok)", false),
        (.informational, "relaybox/smtp", "X: to=<a>, dsn=4.0.0, status=deferred (450 no)", true),
        (.informational, "relaybox/error", "X: to=<a>, dsn=5.0.0, status=bounced (550 no)", true),
        (.informational, "relaybox/smtpd", "NOQUEUE: reject: RCPT from x[1.2.3.4]: 554 5.7.1 no; from=<>", true),
        (.informational, "relaybox/smtpd", "connect from x[1.2.3.4]", false),
        (.informational, "relaybox/qmgr", "X: from=<a>, status=", false),
        (.informational, "relaybox/smtp", ", status=", false),
        (.informational, "", "", false),
    ])
    func failuresAreKnownByTheirLine(severity: Severity, identifier: String, message: String, isFailure: Bool) {
        #expect(RecentFailures.isFailure(LogRecord(severity, from: identifier, message)) == isFailure)
    }

    @Test func failuresAreBoundedAndTheNewestComeFirst() {
        let failures = RecentFailures(limit: 3, now: { 7 })
        for number in 1...5 { failures.add(LogRecord(.warning, from: "x", "line \(number)")) }
        #expect(failures.entries.map(\.record.message) == ["line 5", "line 4", "line 3"])
        failures.add(LogRecord(.warning, from: "x", String(repeating: "y", count: 10_000)))
        #expect((failures.entries.first?.record.message.utf8.count ?? 0) < 600)
    }

    @Test func failuresOfOneReasonAreOneLine() {
        let failures = RecentFailures(now: { 7 })
        for id in ["A", "B", "C"] {
            failures.add(LogRecord(from: "r/smtp", "\(id): to=<x@\(id)>, dsn=4.4.1, status=deferred (refused)"))
        }
        failures.add(
            LogRecord(
                from: "r/smtpd",
                "NOQUEUE: reject: RCPT from a[1.2.3.4]: 554 5.7.1 <a@b>: Relay access denied; from=<>"
            )
        )
        failures.add(
            LogRecord(
                from: "r/smtpd",
                "NOQUEUE: reject: RCPT from a[1.2.3.4]: 554 5.7.1 <c@d>: Relay access denied; from=<>"
            )
        )
        #expect(FailureSummary.lines(failures.entries).map(\.count) == [2, 3])
    }

    @Test func samplesAreWhatHappenedBetweenReadings() {
        let history = PageHistory()
        var reading = PageHistory.Reading(time: 0)
        reading.accepted = 10
        reading.verdicts = ["rejected": 5]
        history.add(reading)
        #expect(history.current.samples.isEmpty)
        reading.accepted = 25
        reading.verdicts = ["rejected": 7, "pregreet": 1]
        reading.sessions = 3
        history.add(reading)
        reading.accepted = 0
        history.add(reading)
        let samples = history.current.samples
        #expect(samples.map(\.accepted) == [15, 0])
        #expect(samples.first?.verdicts == ["rejected": 2, "pregreet": 1])
        #expect(history.current.names == ["rejected", "pregreet"])
        for _ in 0..<2 * PageHistory.limit { history.add(reading) }
        #expect(history.current.samples.count == PageHistory.limit)
    }

    @Test(arguments: [
        ("a=b&c=d+e%21", ["a=b", "c=d e!"]), ("x", ["x="]), ("", []), ("a=%", ["a=%"]),
        ("a=%zz&=&b=%C3%A4", ["a=%zz", "=", "b=\u{E4}"]),
    ])
    func formsAreDecoded(body: String, fields: [String]) {
        #expect(PageForm.fields(Array(body.utf8)).map { "\($0.name)=\($0.value)" } == fields)
    }
}
