// SPDX-License-Identifier: Apache-2.0

import Control
import Statistics
import Testing

@Suite struct TraceHistoryTests {
    static func history(limit: Int) -> TraceHistory {
        let history = TraceHistory(limit: limit)
        let records = [
            LogRecord(from: "smtpd", "connect from a", session: 7),
            LogRecord(from: "smtpd", "connect from b", session: 8),
            LogRecord(from: "smtpd", "AAAA: client=a", session: 7, queueID: "AAAA"),
            LogRecord(from: "smtpd", "BBBB: client=a", session: 7, queueID: "BBBB"),
            LogRecord(from: "qmgr", "AAAA: from=<>", queueID: "AAAA"),
            LogRecord(from: "smtpd", "disconnect from a", session: 7),
            LogRecord(from: "qmgr", "a line about nothing"),
            LogRecord(from: "qmgr", "AAAA: removed", queueID: "AAAA"),
        ]
        for (index, record) in records.enumerated() { history.note(record, at: Int64(1_000 + index)) }
        return history
    }

    @Test func aMessageHasItsLinesAndItsSessions() {
        #expect(
            Self.history(limit: 100).lines(about: "AAAA").map(\.record.message) == [
                "connect from a", "AAAA: client=a", "AAAA: from=<>", "disconnect from a", "AAAA: removed",
            ]
        )
        #expect(Self.history(limit: 100).lines(about: "CCCC").isEmpty)
    }

    @Test(arguments: 0...9)
    func whatIsOldestGoes(limit: Int) {
        let lines = Self.history(limit: limit).lines(about: "AAAA")
        #expect(lines.allSatisfy { $0.time >= Int64(1_008 - limit) })
        #expect(lines.map(\.time) == lines.map(\.time).sorted())
        #expect((lines.last?.record.message == "AAAA: removed") == (limit > 0))
    }

    @Test func anotherLimitBeginsAnew() {
        let history = Self.history(limit: 4)
        history.change(limit: 4)
        #expect(!history.lines(about: "AAAA").isEmpty)
        history.change(limit: 2)
        #expect(history.lines(about: "AAAA").isEmpty)
        for number in 0..<5 { history.note(LogRecord(from: "x", "\(number)", queueID: "AAAA"), at: 0) }
        #expect(history.lines(about: "AAAA").map(\.record.message) == ["3", "4"])
    }

    /// Lines are kept in blocks of 64 KiB: the limit holds to the line across them, and a line comes back as it was.
    @Test(arguments: [1, 700, 1_999])
    func theLimitHoldsAcrossBlocks(limit: Int) {
        let history = TraceHistory(limit: limit)
        let text = String(repeating: "é ", count: 40)
        for number in 0..<9_000 {
            var record = LogRecord(.notice, from: "relaybox/qmgr", "\(number) \(text)", session: 5, queueID: "AAAA")
            record.channel = 3
            history.note(record, at: Int64(number))
        }
        let lines = history.lines(about: "AAAA")
        #expect(lines.count == limit)
        let times = lines.map(\.time)
        #expect(times.first == Int64(9_000 - limit) && times.last == 8_999 && times == times.sorted())
        let last = lines.last?.record
        #expect(last?.message == "8999 \(text)" && last?.identifier == "relaybox/qmgr" && last?.severity == .notice)
        #expect(last?.session == 5 && last?.channel == 3)
    }

    @Test func aLineMayBeLongerThanABlock() {
        let history = TraceHistory(limit: 2)
        let long = String(repeating: "x", count: 100_000)
        for number in 0..<3 { history.note(LogRecord(from: "x", "\(number)\(long)", queueID: "AAAA"), at: 0) }
        #expect(history.lines(about: "AAAA").map(\.record.message) == ["1\(long)", "2\(long)"])
    }

    @Test func theCommandPrintsThem() {
        var operations = Fixtures.operations()
        #expect(Fixtures.run("trace x", operations) == "!Require one queue id.\n")
        #expect(Fixtures.run("trace 6000000000001", operations).contains("journalctl RELAYBOX_QUEUE_ID=6000000000001"))
        let history = TraceHistory(limit: 10)
        history.note(
            LogRecord(from: "relaybox/qmgr", "6000000000001: removed\u{1B}", queueID: "6000000000001"),
            at: 1_000
        )
        operations.history = history
        #expect(
            Fixtures.run("trace 6000000000001", operations)
                == "1970-01-01 00:00:01.000 relaybox/qmgr: 6000000000001: removed?\n"
        )
        #expect(
            Fixtures.run("trace 6000000000001 json", operations)
                == #"{"time": 1000, "identifier": "relaybox/qmgr", "message": "6000000000001: removed\u001b", "#
                + #""session": "0", "queue_id": "6000000000001"}"# + "\n"
        )
    }
}
