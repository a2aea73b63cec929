// SPDX-License-Identifier: Apache-2.0

import Control
import Spooling
import Testing

/// Which messages the words of a queue command mean, seen by what is listed.
@Suite struct QueueSelectionTests {
    static let now: Int64 = 1_700_000_000_000

    static func message(
        _ number: UInt64,
        from sender: String,
        to recipients: [String],
        age: Int64,
        attempts: Int = 0,
        held: Bool = false
    ) -> Envelope {
        Envelope(
            id: QueueID(value: 0x6_0000_0000_0000 + number),
            sender: sender,
            recipients: recipients.map { Recipient(address: $0, attempts: attempts) },
            arrival: now - age * 1_000,
            size: 100,
            held: held
        )
    }

    static let messages = [
        message(1, from: "Alice@a.example", to: ["x@B.example"], age: 10),
        message(2, from: "bob@a.example", to: ["x@b.example", "y@c.example"], age: 400, attempts: 1),
        message(3, from: "", to: ["y@c.example"], age: 5_000, attempts: 3),
        message(4, from: "bob@a.example", to: ["z@d.example"], age: 90_000, attempts: 2, held: true),
    ]

    private func run(_ line: String) -> String {
        Fixtures.run(line, Fixtures.operations(spool: ListedSpool(Self.messages)))
    }

    @Test(arguments: [
        ("", "1234"), ("sender ALICE@a.example", "1"), ("sender <>", "3"), ("recipient y@C.example", "23"),
        ("destination b.example", "12"), ("destination B.EXAMPLE", "12"), ("destination example", ""),
        ("older 400", "234"), ("older 401s", "34"), ("older 1h", "34"), ("older 1d", "4"), ("older 2d", ""),
        ("younger 400s", "1"), ("younger 1w", "1234"), ("older 5m younger 2h", "23"), ("state hold", "4"),
        ("state deferred", "23"), ("state incoming", "1"), ("state active", ""),
        ("sender bob@a.example state hold", "4"), ("sender bob@a.example destination c.example", "2"),
    ])
    func filters(words: String, numbers: String) {
        let lines = run("queue list json \(words)").split(separator: "\n")
        #expect(lines.map { String($0.split(separator: "\"")[7].suffix(1)) }.joined() == numbers)
        let count = numbers.count
        let answer = run("queue hold \(words.isEmpty ? "ALL" : words) dry-run")
        #expect(answer == "\(count) message\(count == 1 ? "" : "s") would be held\n")
    }

    @Test(arguments: [
        ("older x", "'older' expects an age such as 90s, 5m, 2h or 3d.\n"),
        ("younger 5y", "'younger' expects an age such as 90s, 5m, 2h or 3d.\n"),
        ("older 99999999999d", "'older' expects an age such as 90s, 5m, 2h or 3d.\n"),
        ("older -1", "'older' expects an age such as 90s, 5m, 2h or 3d.\n"),
        ("state gone", "'state' expects one of active, deferred, hold, incoming.\n"),
        ("destination", "'destination' expects a value.\n"),
        ("6000000000001", "'queue list' takes filters (use 'queue show <id>').\n"),
    ])
    func mistakes(words: String, answer: String) {
        #expect(run("queue list \(words)") == "!" + answer)
    }

    @Test func changesAnswerInJSON() {
        #expect(
            run("queue delete 6000000000001 6000000000009 json")
                == #"{"done": "deleted", "count": 1, "dry_run": false, "busy": 0, "busy_ids": [], "#
                + #""missing_ids": ["6000000000009"]}"# + "\n"
        )
    }

    /// The failure behind the JSON is what gives a program's caller the exit status that it has without JSON.
    @Test(arguments: ["hold", "release", "requeue", "delete"])
    func nothingThereIsAFailureInJSONToo(verb: String) {
        let plain = run("queue \(verb) 6000000000009")
        let json = run("queue \(verb) 6000000000009 json")
        #expect(plain.hasPrefix("!"))
        #expect(json.hasPrefix(#"{"done": "#) && json.contains(#""missing_ids": ["6000000000009"]}"#))
        #expect(json.hasSuffix(plain))
    }
}
