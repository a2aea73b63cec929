// SPDX-License-Identifier: Apache-2.0
// why: a contract with other people's tools, not with one file.

import Control
import Statistics
import Testing

/// What the tools that watch HAProxy take for granted, as far as it is a property of the text.
@Suite struct ToolContractsTests {
    private let info = Fixtures.run("show info")
    private let stat = Fixtures.run("show stat")

    private var infoLines: [Substring] { info.split(separator: "\n") }
    private var rows: [[Substring]] {
        stat.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    /// hatop leaves with "missing ... in info data" when one of these does not match.
    @Test(arguments: [
        "Name", "Version", "Release_date", "Nbproc", "Process_num", "Pid", "Uptime", "Maxconn", "CurrConns", "Maxpipes",
        "PipesUsed", "Tasks", "Run_queue", "node",
    ])
    func hatopFindsItsKeys(key: String) throws {
        let line = try #require(infoLines.first { $0.hasPrefix("\(key):") })
        let value = line.dropFirst(key.count + 1).drop { $0 == " " }
        #expect(!value.isEmpty)
        let numeric = [
            "Nbproc", "Process_num", "Pid", "Maxconn", "CurrConns", "Maxpipes", "PipesUsed", "Tasks", "Run_queue",
        ]
        if numeric.contains(key) { #expect(Int(value) != nil) }
        if key != "Uptime" { #expect(!value.contains(" ")) }
    }

    @Test func hatopFindsNumbersWhereItTypesThem() {
        let texts: Set = [0, 1, 17, 31, 36, 45]
        for row in rows.dropFirst() {
            #expect(row.count >= 52)
            for column in 0...50 where !texts.contains(column) {
                #expect(row[column].isEmpty || Int(row[column]) != nil, "column \(column)")
            }
        }
    }

    @Test func everyRowIsUniqueByProxyAndServerNumber() {
        let keys = rows.dropFirst().map { "\($0[27])/\($0[28])/\($0[32])" }
        #expect(Set(keys).count == keys.count)
        #expect(rows.count > 1)
    }

    /// Telegraf's CSV reader and Netdata's naive splitting: as many fields in every row, no comma within one.
    @Test func everyRowHasTheHeadersFields() {
        #expect(stat.hasPrefix("# pxname,"))
        #expect(Set(rows.map(\.count)) == [129])
    }

    /// Datadog splits answers at empty lines, lines at their only colon, and decodes ASCII.
    @Test func datadogCanSplit() {
        for text in [info, stat] {
            #expect(!text.contains("\n\n"))
            #expect(text.hasSuffix("\n"))
            #expect(text.utf8.allSatisfy { $0 < 0x80 })
        }
        for line in infoLines { #expect(line.count { $0 == ":" } == 1, "\(line)") }
        let version = infoLines.first { $0.hasPrefix("Version:") }?.dropFirst(9).split(separator: ".")
        #expect(version?.prefix(2).allSatisfy { Int($0) != nil } == true)
    }

    /// haproxy_exporter and Netdata look for these by regular expression.
    @Test func exporterFindsIdleAndRelease() {
        #expect(infoLines.contains { $0.hasPrefix("Idle_pct: ") && Int($0.dropFirst(10)) != nil })
        #expect(infoLines.contains("Release_date: 2026/11/24"))
    }

    /// haproxy_exporter counts only these as up, at a fixed index.
    @Test func exporterKnowsEveryStatus() {
        #expect(rows.dropFirst().map { String($0[17]) } == ["OPEN", "UP", "DOWN", "MAINT", "no check", "UP"])
    }

    /// Zabbix discovers only proxies of these modes.
    @Test func zabbixDiscoversEveryProxy() {
        for row in rows.dropFirst() { #expect(row[75] == "tcp") }
    }

    @Test func foreignTextCannotBreakTheFraming() {
        var row = Fixtures.rows[1]
        row.proxy = "a,\"b\"\n\nc\u{1B}"
        row.check?.text = "550 no,\r\n\r\nreally\n> "
        row.status = "DOWN é"
        let text = Fixtures.run("show stat", Fixtures.operations(rows: [row]))
        #expect(text.split(separator: "\n").count == 2)
        #expect(text.utf8.allSatisfy { $0 == 10 || (0x20...0x7E).contains($0) })
        #expect(text.contains("\"a,\"\"b\"\"??c?\""))
        #expect(!text.contains("no,"))
    }
}
