// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// The part of the page that changes: everything there is to see, as HTML that needs no script.
package struct PageSections: Sendable {
    let snapshot: PageSnapshot
    let rows: [StatisticsRow]
    let access: PageAccess
    let visitor: PageAccess.Visitor

    /// `rows` are those the visitor asked for; the rest comes from the snapshot.
    package init(
        snapshot: PageSnapshot,
        rows: [StatisticsRow],
        access: PageAccess,
        visitor: PageAccess.Visitor
    ) {
        self.snapshot = snapshot
        self.rows = rows
        self.access = access
        self.visitor = visitor
    }

    /// The part of the page that changes.
    package var html: String {
        tiles + "<div class=\"charts\">" + charts.map(\.html).joined() + "</div>" + frontends + backends + pools + queue
            + failures + sessions
    }

    // MARK: at a glance

    private var tiles: String {
        let down = rows.count { $0.kind == .server && $0.status.hasPrefix("DOWN") }
        let (state, words): (String, String)
        switch snapshot.health {
        case .failing(let reason): (state, words) = ("bad", reason)
        case .ok where down > 0: (state, words) = ("warn", "\(down) server\(down == 1 ? "" : "s") down")
        case .ok: (state, words) = ("good", "taking mail")
        }
        let title = HTMLText.escape(state == "good" ? "relaybox on \(node)" : "\(words) - relaybox on \(node)")
        var tiles: [(String, String)] = [
            ("State", "<span class=\"state \(state)\">\(HTMLText.escape(words))</span>"),
            (
                "Sessions now",
                ReadableNumber.count(snapshot.info.currentSessions) + small("\(snapshot.info.rate)/s new")
            ),
        ]
        if let spool = snapshot.spool {
            tiles.append(("Messages in the queue", ReadableNumber.count(spool.queued.value)))
            tiles.append(("Accepted", ReadableNumber.count(spool.committed.value) + small(perSecond(\.accepted))))
        }
        if let delivery = snapshot.delivery {
            tiles.append(("Delivered", ReadableNumber.count(delivery.sent.value) + small(perSecond(\.sent))))
            tiles.append(
                (
                    "Deferred, bounced",
                    "\(ReadableNumber.count(delivery.deferred.value)), \(ReadableNumber.count(delivery.bounced.value))"
                )
            )
        }
        if snapshot.spool != nil {
            let slow = snapshot.commits.quantile(0.99).map { "\u{2264} " + Self.time(microseconds: $0) } ?? "-"
            tiles.append(("Commit, 99 of 100", slow))
        }
        tiles.append(("Running for", DurationText.short(snapshot.info.uptime)))
        return "<dl class=\"tiles\" data-title=\"\(title)\">"
            + tiles.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }.joined() + "</dl>"
    }

    private var node: String { access.settings.node ?? access.hostname }

    private func small(_ text: String) -> String { " <small>\(HTMLText.escape(text))</small>" }

    private func perSecond(_ count: KeyPath<PageHistory.Sample, Int>) -> String {
        Self.rate(Double(snapshot.history.last?[keyPath: count] ?? 0) / Double(PageHistory.interval))
    }

    static func rate(_ value: Double) -> String {
        let tenths = Int(min(max(value, 0), 1e12) * 10)
        return tenths >= 1_000 ? ReadableNumber.count(tenths / 10) + "/s" : "\(tenths / 10).\(tenths % 10)/s"
    }

    static func time(microseconds: Int) -> String {
        switch microseconds {
        case ..<1_000: "\(microseconds) \u{B5}s"
        case ..<1_000_000:
            "\(microseconds / 1_000)" + (microseconds % 1_000 >= 100 ? ".\(microseconds % 1_000 / 100)" : "") + " ms"
        default: "\(microseconds / 1_000_000) s"
        }
    }

    // MARK: proxies

    private var frontends: String {
        var table = PageTable(
            "frontends",
            caption: "Frontends",
            columns: [
                .text("Name"), .text("State"), .number("Sessions"), .number("Most", wide: true),
                .number("Limit", wide: true),
                .number("New/s"), .number("Total"), .number("Transactions"), .number("Replies 4xx", wide: true),
                .number("Replies 5xx", wide: true), .number("In", wide: true), .number("Out", wide: true),
                .number("Refused"),
            ]
        )
        for row in rows where row.kind == .frontend {
            let counts = row.statistics
            table.add([
                .text(row.proxy), .html(Self.state(row)), .count(counts.sessions.current),
                .count(counts.sessions.maximum),
                .limit(row.sessionLimit), .count(counts.sessionRate.rate(at: snapshot.uptime).current),
                .count(counts.sessions.total), .count(counts.transactions.value), .count(counts.replies[3].value),
                .count(counts.replies[4].value), .bytes(counts.bytesIn.value), .bytes(counts.bytesOut.value),
                .count(counts.deniedConnections.value &+ counts.deniedSessions.value),
            ])
        }
        return table.isEmpty ? "" : "<section>\(table.html)</section>"
    }

    private var backends: String {
        var names: [String] = []
        for row in rows where row.kind != .frontend && row.kind != .listener && !names.contains(row.proxy) {
            names.append(row.proxy)
        }
        return names.isEmpty ? "" : "<section>" + names.enumerated().map(backend).joined() + "</section>"
    }

    private func backend(_ index: Int, _ name: String) -> String {
        let own = rows.filter { $0.proxy == name && ($0.kind == .server || $0.kind == .backend) }
        let whole = own.first { $0.kind == .backend }
        var caption = "Backend \(HTMLText.escape(name))"
        if let whole { caption += " " + Self.state(whole) }
        if let algorithm = whole?.algorithm { caption += " <span class=\"dim\">\(HTMLText.escape(algorithm))</span>" }
        var columns: [PageTable.Column] = [
            .text("Server"), .text("State"), .text("Last check"), .number("Sessions"), .number("Most", wide: true),
            .number("Waiting"), .number("Total"), .number("Weight", wide: true),
            .number("In", wide: true), .number("Out", wide: true), .number("Errors"), .number("Went down", wide: true),
        ]
        if visitor.mayChange { columns.append(.text("Change")) }
        var table = PageTable("backend-\(index)", caption: caption, columns: columns)
        for row in own {
            let counts = row.statistics
            let isSum = row.kind == .backend
            var cells: [PageTable.Cell] = [
                .html(isSum ? "All" : serverName(row)), .html(isSum ? "" : Self.state(row)), .html(check(row)),
                .count(counts.sessions.current), .count(counts.sessions.maximum),
                .count(counts.queue.current), .count(counts.sessions.total), .count(row.weight ?? 0),
                .bytes(counts.bytesIn.value), .bytes(counts.bytesOut.value),
                .count(counts.connectErrors.value &+ counts.responseErrors.value), .count(counts.downTransitions.value),
            ]
            if visitor.mayChange { cells.append(.html(isSum ? "" : form(row))) }
            let key = HTMLText.escape("\(name)/\(row.service)")
            table.add(
                cells,
                attributes: isSum
                    ? "class=\"sum\"" : "data-server=\"\(key)\" data-state=\"\(HTMLText.escape(row.status))\""
            )
        }
        return table.html
    }

    private func serverName(_ row: StatisticsRow) -> String {
        let name = HTMLText.escape(row.service)
        guard visitor.seesDetails, let address = row.address else { return name }
        return "\(name) <span class=\"dim w under\">\(HTMLText.escape(address))</span>"
    }

    private func check(_ row: StatisticsRow) -> String {
        guard let check = row.check else { return row.kind == .server ? "<span class=\"z\">not checked</span>" : "" }
        var text = check.status
        if let code = check.code { text += " \(code)" }
        text += ", \(check.duration) ms"
        let reason =
            visitor.seesDetails && !check.text.isEmpty
            ? "<span class=\"dim w under\">\(HTMLText.escape(check.text))</span>" : ""
        let since = row.lastChange.map { " <span class=\"dim w\">for \(DurationText.short($0))</span>" } ?? ""
        return HTMLText.escape(text) + since + reason
    }

    private func form(_ row: StatisticsRow) -> String {
        let isOut = row.status.hasPrefix("MAINT") || row.status.hasPrefix("DRAIN")
        let what = HTMLText.escape("\(row.proxy)/\(row.service)")
        let buttons: [(String, String)] = isOut ? [("ready", "Ready")] : [("drain", "Drain"), ("maint", "Maintenance")]
        return "<form method=\"post\" action=\"\(HTMLText.escape(access.settings.uri))\" data-what=\"\(what)\">"
            + "<input type=\"hidden\" name=\"b\" value=\"\(HTMLText.escape(row.proxy))\">"
            + "<input type=\"hidden\" name=\"s\" value=\"\(HTMLText.escape(row.service))\">"
            + "<input type=\"hidden\" name=\"token\" value=\"\(access.token)\">"
            + buttons.map { action, title in
                "<button name=\"action\" value=\"\(action)\" aria-label=\"\(title) \(what)\">\(title)</button>"
            }.joined() + "</form>"
    }

    /// The state in words and colour.
    static func state(_ row: StatisticsRow) -> String {
        let look: String
        switch row.status {
        case "OPEN", "UP", "no check": look = "good"
        case "FULL", "STOP": look = "warn"
        case let status where status.hasPrefix("DOWN"): look = "bad"
        case let status where status.hasPrefix("MAINT") || status.hasPrefix("DRAIN"): look = "info"
        default: look = "warn"
        }
        return "<span class=\"state \(look)\">\(HTMLText.escape(row.status))</span>"
    }
}
