// SPDX-License-Identifier: Apache-2.0

import Control
import Spooling
import Testing

@Suite struct QueueSummaryTests {
    private func run(_ words: String, _ spool: ListedSpool = ListedSpool(QueueSelectionTests.messages)) -> String {
        Fixtures.run("queue summary \(words)", Fixtures.operations(spool: spool))
    }

    @Test func recipientsAreCountedByDomainAndAge() {
        let lines = run("").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[0] == ["T", "5", "10", "20", "40", "80", "160", "320", "640", "1280", "1280+"])
        #expect(lines[1] == ["TOTAL", "5", "1", "2", "0", "0", "0", "1", "0", "0", "0", "1"])
        #expect(lines[2] == ["b.example", "2", "1", "1", "0", "0", "0", "0", "0", "0", "0", "0"])
        #expect(lines[3] == ["c.example", "2", "0", "1", "0", "0", "0", "1", "0", "0", "0", "0"])
        #expect(lines[4] == ["d.example", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1"])
    }

    @Test(arguments: [
        ("by sender", ["TOTAL 4", "a.example 3", "MAILER-DAEMON 1"]),
        ("by state", ["TOTAL 4", "deferred 2", "hold 1", "incoming 1"]),
        ("by destination sender <>", ["TOTAL 1", "c.example 1"]), ("older 2d", ["TOTAL 0"]),
    ])
    func groupings(words: String, counts: [String]) {
        let lines = run(words).split(separator: "\n").dropFirst()
        #expect(lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == counts)
    }

    @Test func jsonHasTheTotalsFirst() {
        let lines = run("json by state state hold").split(separator: "\n")
        #expect(
            lines.first.map(String.init)
                == #"{"by": "state", "messages": 1, "bytes": 100, "count": 1, "#
                + #""minutes": [5, 10, 20, 40, 80, 160, 320, 640, 1280], "ages": [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]}"#
        )
        #expect(lines.last == #"{"name": "hold", "count": 1, "ages": [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]}"#)
    }

    @Test func aLargeQueueIsCountedInParts() {
        let journal = Journal()
        let text = run("json", ListedSpool(count: 1_201, journal: journal))
        #expect(text.contains(#""messages": 1201"#))
        #expect(journal.entries == ["list 500", "list 500", "list 500"])
    }

    @Test func groupsBeyondTheLimitAreOne() {
        var shape = QueueShape(by: "destination")
        for number in 0..<5 {
            let envelope = QueueSelectionTests.message(UInt64(number), from: "", to: ["x@\(number)"], age: 0)
            shape.add(envelope, names: ["\(number)"], now: QueueSelectionTests.now, groupLimit: 2)
        }
        #expect(shape.json.contains(#"{"name": "(others)", "count": 3"#))
    }
}
