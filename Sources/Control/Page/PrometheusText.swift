// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Prints the metrics in Prometheus's text format 0.0.4: HAProxy's names, labels and types, then our own under `relaybox_`.
package enum PrometheusText {
    /// - Parameter isShown: whether a proxy may be seen.
    package static func text(_ snapshot: PageSnapshot, isShown: (String) -> Bool) -> String {
        var text = ""
        text.reserveCapacity(65_536)
        process(snapshot, to: &text)
        let rows = snapshot.rows.filter { isShown($0.proxy) }
        let circumstances = StatCircumstances(uptime: snapshot.uptime, showsAddresses: false)
        for (kind, prefix) in [(StatisticsRow.Kind.frontend, "frontend"), (.backend, "backend"), (.server, "server")] {
            let chosen = rows.filter { $0.kind == kind }
            guard !chosen.isEmpty else { continue }
            states(of: chosen, among: rows, prefix, to: &text)
            for metric in PrometheusMetrics.rows where metric.rows.has(kind) {
                guard let column = columns[metric.column] else { continue }
                let isCheck = metric.column.hasPrefix("check_")
                let series = chosen.filter { !isCheck || $0.check != nil }
                guard !series.isEmpty else { continue }
                begin("haproxy_\(prefix)_\(metric.name)", metric.kind.rawValue, column.summary, to: &text)
                for row in series {
                    let value = column.read(row, circumstances).map { number($0, metric.isMilliseconds) }
                    line("haproxy_\(prefix)_\(metric.name)", labels(row), value ?? "NaN", to: &text)
                }
            }
            replies(of: chosen, prefix, circumstances, to: &text)
        }
        own(snapshot, to: &text)
        return text
    }

    private static let columns = Dictionary(StatColumns.general.map { ($0.name, $0) }) { first, _ in first }

    // MARK: HAProxy's

    private static func process(_ snapshot: PageSnapshot, to text: inout String) {
        let fields = Dictionary(snapshot.info.fields.map { ($0.name, $0) }) { first, _ in first }
        for metric in PrometheusMetrics.process {
            let field = fields[metric.field]
            let name = "haproxy_process_\(metric.name)"
            begin(name, metric.kind.rawValue, field?.summary ?? "not used here", to: &text)
            line(name, "", field.map { number($0.value, false) } ?? "NaN", to: &text)
        }
        begin("haproxy_process_build_info", "gauge", "version of the process", to: &text)
        line("haproxy_process_build_info", "{version=\"\(escape(snapshot.info.facts.version))\"}", "1", to: &text)
    }

    /// Status, check status and their sums over a backend's servers: a series a state, 1 where it holds.
    private static func states(
        of chosen: [StatisticsRow],
        among rows: [StatisticsRow],
        _ prefix: String,
        to text: inout String
    ) {
        let name = "haproxy_\(prefix)_status"
        let isServer = chosen.first?.kind == .server
        let states = isServer ? PrometheusMetrics.serverStates : ["DOWN", "UP"]
        begin(name, "gauge", "state, 1 for the one that holds", to: &text)
        for row in chosen {
            for state in states { line(name, labels(row, "state", state), row.state == state ? "1" : "0", to: &text) }
        }
        if isServer {
            let checked = chosen.filter { $0.check != nil }
            guard !checked.isEmpty else { return }
            begin(
                "haproxy_server_check_status",
                "gauge",
                "result of the last check, 1 for the one that holds",
                to: &text
            )
            for row in checked {
                for state in PrometheusMetrics.checkStates {
                    let holds = row.check?.status == state
                    line("haproxy_server_check_status", labels(row, "state", state), holds ? "1" : "0", to: &text)
                }
            }
        } else if chosen.first?.kind == .backend {
            let servers = Dictionary(grouping: rows.filter { $0.kind == .server }, by: \.proxy)
            for name in ["agg_server_status", "agg_server_check_status"] {
                begin("haproxy_backend_\(name)", "gauge", "servers in a state", to: &text)
                for row in chosen {
                    for state in PrometheusMetrics.serverStates {
                        let count = servers[row.proxy, default: []].count { $0.state == state }
                        line("haproxy_backend_\(name)", labels(row, "state", state), "\(count)", to: &text)
                    }
                }
            }
            begin("haproxy_backend_agg_check_status", "gauge", "servers by the result of their last check", to: &text)
            for row in chosen {
                for state in PrometheusMetrics.checkStates {
                    let count = servers[row.proxy, default: []].count { $0.check?.status == state }
                    line("haproxy_backend_agg_check_status", labels(row, "state", state), "\(count)", to: &text)
                }
            }
        }
    }

    /// SMTP replies and transactions, under the names of HTTP's, where a row has seen any.
    private static func replies(
        of chosen: [StatisticsRow],
        _ prefix: String,
        _ circumstances: StatCircumstances,
        to text: inout String
    ) {
        guard let seen = columns["hrsp_2xx"] else { return }
        let speaking = chosen.filter { seen.read($0, circumstances) != nil }
        guard !speaking.isEmpty else { return }
        let name = "haproxy_\(prefix)_http_responses_total"
        begin(name, "counter", "SMTP replies by the first digit of their code", to: &text)
        for row in speaking {
            for (index, code) in ["1xx", "2xx", "3xx", "4xx", "5xx", "other"].enumerated() {
                line(name, labels(row, "code", code), "\(row.statistics.replies[index].value)", to: &text)
            }
        }
        guard prefix != "server" else { return }
        begin("haproxy_\(prefix)_http_requests_total", "counter", "SMTP transactions", to: &text)
        for row in speaking {
            let count = row.statistics.transactions.value
            line("haproxy_\(prefix)_http_requests_total", labels(row), "\(count)", to: &text)
        }
    }

    // MARK: ours

    private static func own(_ snapshot: PageSnapshot, to text: inout String) {
        begin("relaybox_up", "gauge", "1 while mail can be taken, as /healthz says", to: &text)
        line("relaybox_up", "", snapshot.health == .ok ? "1" : "0", to: &text)
        for part in ["pool", "spool", "delivery"] {
            let groups = snapshot.groups.filter { $0.part == part }
            var names: [(String, NamedCount.Kind)] = []
            var known: Set<String> = []
            for count in groups.flatMap(\.counts) where known.insert(count.name).inserted {
                names.append((count.name, count.kind))
            }
            for (name, kind) in names {
                let isCounter = kind == .counter
                let full = "relaybox_\(part)_\(name)" + (isCounter ? "_total" : "")
                let words = String(name.map { $0 == "_" ? " " : $0 })
                begin(full, isCounter ? "counter" : "gauge", "\(part): \(words)", to: &text)
                for group in groups {
                    guard let count = group.counts.first(where: { $0.name == name }) else { continue }
                    let label = group.name.isEmpty ? "" : "{\(part)=\"\(escape(group.name))\"}"
                    line(full, label, "\(count.value)", to: &text)
                }
            }
        }
        if snapshot.spool != nil { histogram(snapshot.commits, to: &text) }
    }

    private static func histogram(_ commits: LatencyHistogram.Snapshot, to text: inout String) {
        let name = "relaybox_spool_commit_seconds"
        begin(name, "histogram", "how long transactions of the spool took, with their sync", to: &text)
        var sum = 0
        for (index, bound) in LatencyHistogram.bounds.enumerated() {
            sum &+= commits.counts[index]
            line(name + "_bucket", "{le=\"\(seconds(bound, 1_000_000))\"}", "\(sum)", to: &text)
        }
        line(name + "_bucket", "{le=\"+Inf\"}", "\(commits.total)", to: &text)
        line(name + "_sum", "", seconds(commits.sum, 1_000_000), to: &text)
        line(name + "_count", "", "\(commits.total)", to: &text)
    }

    // MARK: form

    private static func begin(_ name: String, _ kind: String, _ help: String, to text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    private static func line(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        text += labels
        text += " "
        text += value
        text += "\n"
    }

    private static func labels(_ row: StatisticsRow, _ name: String = "", _ value: String = "") -> String {
        var labels = "{proxy=\"\(escape(row.proxy))\""
        if row.kind == .server { labels += ",server=\"\(escape(row.service))\"" }
        if !name.isEmpty { labels += ",\(name)=\"\(value)\"" }
        return labels + "}"
    }

    /// A label's value: backslash, quote and line end are escaped.
    private static func escape(_ text: String) -> String {
        guard text.contains(where: { $0 == "\\" || $0 == "\"" || $0.isNewline }) else { return text }
        return text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case _ where character.isNewline: result += "\\n"
            default: result.append(character)
            }
        }
    }

    private static func number(_ value: Field.Value, _ isMilliseconds: Bool) -> String {
        guard case .number(let number, let width) = value else { return "NaN" }
        return isMilliseconds ? seconds(width.clamp(number), 1_000) : String(width.clamp(number))
    }

    /// `0.025`: a whole number of parts of a second, written without rounding.
    private static func seconds(_ number: Int, _ parts: Int) -> String {
        let rest = String(number % parts + parts).dropFirst()
        var text = "\(number / parts).\(rest)"
        while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
        return text
    }
}

extension StatisticsRow {
    /// The state as the exporter names it.
    fileprivate var state: String {
        if status.hasPrefix("MAINT") { return "MAINT" }
        if status.hasPrefix("DRAIN") { return "DRAIN" }
        if status.hasPrefix("NOLB") { return "NOLB" }
        return status.hasPrefix("DOWN") || status == "STOP" ? "DOWN" : "UP"
    }
}
