// SPDX-License-Identifier: Apache-2.0

/// The table that `relaybox stats` prints: the process in a few lines, then every proxy and server.
package struct StatsTable: Sendable {
    private let info: [String: String]
    private let rows: [[String: String]]

    /// Reads the answers of `show info` and `show stat`; nil when they are none.
    package init?(answer lines: [String]) {
        var info: [String: String] = [:]
        var names: [String] = []
        var rows: [[String: String]] = []
        for line in lines where !line.isEmpty {
            if line.hasPrefix("# ") {
                names = CommaSeparated.fields(of: String(line.dropFirst(2)))
            } else if names.isEmpty {
                guard let colon = line.firstIndex(of: ":") else { continue }
                info[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
            } else {
                let fields = CommaSeparated.fields(of: line)
                rows.append(Dictionary(zip(names, fields)) { first, _ in first })
            }
        }
        guard info["Name"] != nil, !names.isEmpty else { return nil }
        self.info = info
        self.rows = rows
    }

    /// Everything, ready to print.
    package func text(colours: Bool) -> String {
        summary.joined(separator: "\n") + "\n\n" + body(colours: colours)
    }

    private func number(_ key: String) -> Int { info[key].flatMap { Int($0) } ?? 0 }
    private func count(_ key: String) -> String { ReadableNumber.count(number(key)) }

    private var summary: [String] {
        var lines = [
            "\(info["Name"] ?? "") \(info["Version"] ?? "") on \(info["node"] ?? ""), pid \(info["Pid"] ?? "")"
                + ", up \(DurationText.short(number("Uptime_sec")))"
                + (number("Stopping") == 0 ? "" : ", stopping"),
            "connections: \(count("CurrConns")) of \(count("Maxconn")), \(count("CumConns")) since the start"
                + ", \(count("SessRate")) a second (at most \(count("MaxSessRate")))"
                + ", \(ReadableNumber.bytes(number("TotalBytesOut"))) bytes out, \(info["Idle_pct"] ?? "100")% idle",
        ]
        if let health = info["SpoolHealth"] {
            lines.append(
                "spool: \(health), \(count("SpoolQueued")) queued, \(count("SpoolCommitted")) committed in "
                    + "\(count("SpoolBatches")) batches, \(count("SpoolFailures")) failed"
            )
        }
        if info["MessagesSent"] != nil {
            lines.append(
                "delivery: \(count("MessagesSent")) sent, \(count("MessagesDeferred")) deferred, "
                    + "\(count("MessagesBounced")) bounced, \(count("MessagesExpired")) expired, "
                    + "\(count("DeliveryConnections")) connections"
            )
        }
        return lines
    }

    private static let headings = [
        "PROXY", "SERVER", "STATUS", "SESS", "MAX", "TOTAL", "RATE", "IN", "OUT", "MAILS", "2xx", "4xx", "5xx", "CHECK",
        "WEIGHT",
    ]
    /// Columns of text; the others are numbers and stand right.
    private static let textColumns: Set<Int> = [0, 1, 2, 13]
    private static let statusColumn = 2

    private func body(colours: Bool) -> String {
        guard !rows.isEmpty else { return "no proxies\n" }
        var previous: String?
        let lines = rows.map { row -> [String] in
            let proxy = row["pxname"] ?? ""
            defer { previous = proxy }
            return cells(of: row, proxy: proxy == previous ? "" : proxy)
        }
        let widths = Self.headings.indices.map { column in
            ([Self.headings] + lines).map { $0[column].count }.max() ?? 0
        }
        let table = ([Self.headings] + lines).enumerated().map { index, cells -> String in
            let padded = cells.indices.map { column -> String in
                let cell = PlainText.pad(
                    cells[column],
                    to: widths[column],
                    right: !Self.textColumns.contains(column)
                )
                guard colours else { return cell }
                if index == 0 { return "\u{1B}[1m" + cell + "\u{1B}[0m" }
                guard column == Self.statusColumn, let colour = StatsTable.colour(of: cells[column]) else {
                    return cell
                }
                return "\u{1B}[\(colour)m" + cell + "\u{1B}[0m"
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
        return table.joined(separator: "\n") + "\n"
    }

    private func cells(of row: [String: String], proxy: String) -> [String] {
        func count(_ key: String) -> String { row[key].flatMap { Int($0) }.map(ReadableNumber.count) ?? "" }
        func bytes(_ key: String) -> String { row[key].flatMap { Int($0) }.map(ReadableNumber.bytes) ?? "" }
        var check = row["check_status"] ?? ""
        if let code = row["check_code"], !code.isEmpty { check += "/" + code }
        if let duration = row["check_duration"], !duration.isEmpty, !check.isEmpty { check += " \(duration)ms" }
        return [
            proxy, row["svname"] ?? "", row["status"] ?? "", count("scur"), count("smax"), count("stot"), count("rate"),
            bytes("bin"), bytes("bout"), count("req_tot"), count("hrsp_2xx"), count("hrsp_4xx"), count("hrsp_5xx"),
            check, count("weight"),
        ]
    }

    /// Green for what works, yellow for what is in between, red for what is down.
    private static func colour(of status: String) -> Int? {
        if ["UP", "OPEN"].contains(status) { return 32 }
        if status.hasPrefix("DOWN") || status == "STOP" { return 31 }
        if ["MAINT", "DRAIN", "NOLB", "FULL", "UP "].contains(where: status.hasPrefix) { return 33 }
        return nil
    }
}
