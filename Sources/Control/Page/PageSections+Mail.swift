// SPDX-License-Identifier: Apache-2.0

import Statistics

// Charts, pools, queue, failures and sessions.
extension PageSections {
    var charts: [PageChart] {
        let samples = snapshot.history
        let interval = Double(PageHistory.interval)
        let count: (Double) -> String = { ReadableNumber.count(Int(min(max($0, 0), 1e15))) }
        func line(_ name: String, _ value: (PageHistory.Sample) -> Double?, _ format: @escaping (Double) -> String)
            -> PageChart.Series
        {
            PageChart.Series(name: name, values: samples.map(value), format: format)
        }
        // A young process has a short history: five minutes, ten, then all of it.
        let capacity = [60, 120].first { samples.count <= $0 } ?? PageHistory.limit
        func chart(_ title: String, _ series: [PageChart.Series]) -> PageChart {
            PageChart(
                title: title,
                series: series,
                capacity: capacity,
                span: "\(capacity * PageHistory.interval / 60) min"
            )
        }
        var charts = [chart("Sessions", [line("sessions", { Double($0.sessions) }, count)])]
        guard snapshot.spool != nil else { return charts }
        charts.append(
            chart(
                "Mail",
                [
                    line("accepted", { Double($0.accepted) / interval }, Self.rate),
                    line("delivered", { Double($0.sent) / interval }, Self.rate),
                    line("deferred", { Double($0.deferred) / interval }, Self.rate),
                    line("bounced", { Double($0.bounced) / interval }, Self.rate),
                ]
            )
        )
        charts.append(chart("Queue", [line("messages", { Double($0.queued) }, count)]))
        let time: (Double) -> String = { Self.time(microseconds: Int(min(max($0, 0), 1e12))) }
        charts.append(
            chart(
                "Commit latency",
                [
                    line("99 of 100 within", { $0.slowCommit.map(Double.init) }, time),
                    line("half within", { $0.typicalCommit.map(Double.init) }, time),
                ]
            )
        )
        charts.append(
            chart(
                "Screening verdicts",
                verdicts.map { name in
                    line(Self.words(name), { Double($0.verdicts[name] ?? 0) / interval }, Self.rate)
                }
            )
        )
        return charts
    }

    /// The verdicts that happened most, six at most.
    private var verdicts: [String] {
        var totals: [String: Int] = [:]
        for sample in snapshot.history {
            for (name, value) in sample.verdicts { totals[name, default: 0] &+= value }
        }
        let seen = snapshot.verdictNames.filter { totals[$0, default: 0] > 0 }
            .sorted { (totals[$1, default: 0], $0) < (totals[$0, default: 0], $1) }
        return Array((seen.isEmpty ? snapshot.verdictNames.filter { $0 == "rejected" } : seen).prefix(6))
    }

    static func words(_ name: String) -> String {
        String(name.map { $0 == "_" ? " " : $0 })
    }

    // MARK: tables

    /// What each pool has counted; what it has not is one line to unfold.
    var pools: String {
        snapshot.groups.filter { $0.part == "pool" }.map { group in
            let counted = group.counts.filter { $0.value != 0 }
            let rest = group.counts.filter { $0.value == 0 }
            return "<section><h2>Pool \(HTMLText.escape(group.name))</h2>"
                + (counted.isEmpty ? "<p class=\"dim\">Nothing has been counted yet.</p>" : list(counted))
                + (rest.isEmpty ? "" : "<details><summary>\(rest.count) more are 0</summary>\(list(rest))</details>")
                + "</section>"
        }.joined()
    }

    private func list(_ counts: [NamedCount]) -> String {
        let entries = counts.map { count in
            let look = count.value == 0 ? " class=\"z\"" : ""
            return "<div><dt>\(Self.words(count.name))</dt><dd\(look)>\(ReadableNumber.count(count.value))</dd></div>"
        }
        return "<dl class=\"counts\">\(entries.joined())</dl>"
    }

    var queue: String {
        guard snapshot.spool != nil else { return "" }
        let census = snapshot.census
        guard !census.lines.isEmpty else {
            return "<section><h2>Queue by destination and age</h2><p class=\"dim\">No recipient waits.</p></section>"
        }
        var caption = "Queue by destination and age <span class=\"dim\">recipients by minutes of waiting"
        if census.held > 0 { caption += "; \(census.held) message\(census.held == 1 ? "" : "s") on hold" }
        if census.isPartial { caption += "; the oldest \(census.messages) messages" }
        caption += "</span>"
        var titles: [PageTable.Column] = [.text("Destination"), .number("Total")]
        for (index, bound) in QueueCensus.bounds.enumerated() {
            titles.append(.number(index == 0 ? "< \(bound)" : "\(bound)", wide: index % 2 == 1 && index > 1))
        }
        titles.append(.number("\(QueueCensus.bounds.last ?? 0)+"))
        titles.append(.prose("Last reason"))
        var table = PageTable("queue", caption: caption, columns: titles)
        for line in census.lines {
            let name = visitor.seesDetails ? line.destination : "(a destination)"
            let reason = visitor.seesDetails ? line.reason : ""
            table.add([.text(name), .count(line.total)] + line.counts.map(PageTable.Cell.count) + [.text(reason)])
        }
        return "<section>\(table.html)</section>"
    }

    var failures: String {
        guard visitor.seesDetails else { return details("Recent failures") }
        guard !snapshot.failures.isEmpty else {
            return "<section><h2>Recent failures</h2><p class=\"dim\">None since the start.</p></section>"
        }
        var table = PageTable(
            "failures",
            caption: "Recent failures <span class=\"dim\">the newest first</span>",
            columns: [.text("Time"), .text("Part", wide: true), .prose("What happened")]
        )
        for failure in FailureSummary.lines(snapshot.failures).prefix(Self.failureLimit) {
            let time = CalendarTime(failure.newest.time, offset: snapshot.zone).sortable.split(separator: " ")
            var text = HTMLText.escape(failure.newest.record.message)
            if failure.count > 1 { text += " <b>and \(failure.count - 1) more like it</b>" }
            let when = "<span class=\"w\">\(time.first ?? "") </span>\(time.last ?? "")"
            table.add([.html(when), .text(failure.newest.record.identifier), .html(text)])
        }
        return "<section>\(table.html)</section>"
    }

    /// Failures that are shown.
    private static let failureLimit = 25

    var sessions: String {
        guard visitor.seesDetails else { return details("Sessions now") }
        guard !snapshot.sessions.isEmpty else {
            let text = snapshot.hasMoreSessions ? "Too many to list: 'relaybox stats show sess' does." : "None."
            return "<section><h2>Sessions now</h2><p class=\"dim\">\(text)</p></section>"
        }
        let note = snapshot.hasMoreSessions ? "the newest \(snapshot.sessions.count)" : "the newest first"
        var table = PageTable(
            "sessions",
            caption: "Sessions now <span class=\"dim\">\(note)</span>",
            columns: [
                .text("Client"), .text("Frontend", wide: true), .text("Backend and server"), .text("Phase"),
                .number("Age"),
            ]
        )
        for row in snapshot.sessions {
            table.add([
                .text(row.source), .text(row.frontend), .text("\(row.backend)/\(row.server)"), .text(row.phase),
                .text(DurationText.short(row.age)),
            ])
        }
        return "<section>\(table.html)</section>"
    }

    private func details(_ title: String) -> String {
        "<section><h2>\(title)</h2><p class=\"dim\">Shown to visitors from this host, with a password, or with "
            + "'stats show-legends'.</p></section>"
    }
}
