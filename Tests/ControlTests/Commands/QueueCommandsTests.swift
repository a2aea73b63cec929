// SPDX-License-Identifier: Apache-2.0

import Control
import Spooling
import Testing

@Suite struct QueueCommandsTests {
    @Test func withoutAQueueTheyAllSaySo() {
        for line in ["queue list", "queue show 0600000000001", "queue flush", "queue delete ALL"] {
            #expect(Fixtures.run(line) == "!There is no queue: the configuration has no 'queue' section.\n")
        }
    }

    @Test func listsEverythingPageByPage() {
        let journal = Journal()
        let text = Fixtures.run("queue list", Fixtures.operations(spool: ListedSpool(count: 1_001, journal: journal)))
        #expect(text.split(separator: "\n").count == 1 + 2 * 1_001 + 1)
        #expect(text.hasSuffix("-- 978 Kbytes in 1001 Requests.\n"))
        #expect(!text.contains("\n\n"))
        #expect(journal.entries == Array(repeating: "list 200", count: 6))
    }

    @Test(arguments: [
        ("queue list limit 3", 3), ("queue list after 6000000000002", 7), ("queue list sender ODD@example.org", 5),
        ("queue list recipient to@example.net limit 4", 4), ("queue list recipient x@example.net", 0),
    ])
    func filters(line: String, messages: Int) {
        let text = Fixtures.run(line, Fixtures.operations(spool: ListedSpool(count: 10)))
        #expect(text.split(separator: "\n").count { $0.first == "6" } == messages)
    }

    /// A disk that fails in the middle of a long answer is a failure, also for a program that reads lines.
    @Test(arguments: [
        ("queue list", 402), ("queue list json", 201), ("queue summary", 1), ("queue delete ALL", 2),
        ("queue delete ALL json", 2),
    ])
    func aLongAnswerThatBreaksOffIsAFailure(line: String, lines: Int) {
        let spool = ListedSpool(count: line.hasPrefix("queue summary") ? 600 : 300)
        spool.healthyReads.withLock { $0 = 1 }
        let answer = Fixtures.run(line, Fixtures.operations(spool: spool)).split(separator: "\n")
        #expect(answer.last == "!The spool failed: cannot read it: Input/output error")
        #expect(answer.count == lines)
    }

    @Test func jsonIsOneObjectALine() {
        let text = Fixtures.run("queue list json", Fixtures.operations(spool: ListedSpool(count: 2)))
        let expected: String = [
            #"{"queue_name": "incoming", "queue_id": "6000000000000", "arrival_time": 1699999999, "#,
            #""message_size": 1000, "forced_expire": false, "sender": "even@example.org", "client": "", "#,
            #""message_id": "", "recipients": [{"address": "to@example.net", "delay_reason": "", "#,
            #""state": "pending", "attempts": 0, "due": 0}]}"#,
        ].joined()
        #expect(text.hasPrefix(expected + "\n"))
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test(arguments: [
        ("queue list x", "!'x' is no queue id.\n"), ("queue list limit", "!'limit' expects a value.\n"),
        ("queue list limit 0", "!'limit' expects a positive number.\n"),
        ("queue delete", "!Require queue ids, a filter, or ALL (use 'queue list').\n"),
        ("queue delete ALL 6000000000001", "!Either queue ids or ALL.\n"),
        ("queue delete 6000000000009", "!No such message: 6000000000009 (use 'queue list').\n"),
        ("queue show", "!Require a queue id (use 'queue list').\n"),
        ("queue show 6000000000009", "!No such message: 6000000000009 (use 'queue list').\n"),
        (
            "queue delete 6000000000001 6000000000009",
            "1 message deleted\nNo such message: 6000000000009 (use 'queue list').\n"
        ),
        ("queue hold 6000000000001 6000000000002", "2 messages held\n"),
        ("queue delete ALL sender odd@example.org", "2 messages deleted\n"),
        ("queue delete ALL dry-run", "5 messages would be deleted\n"),
        ("queue delete ALL limit 3", "3 messages deleted\n"),
    ])
    func texts(line: String, answer: String) {
        #expect(Fixtures.run(line, Fixtures.operations(spool: ListedSpool(count: 5))) == answer)
    }

    @Test func deletingEverythingIsDoneInParts() throws {
        let journal = Journal()
        let spool = ListedSpool(count: 450, journal: journal)
        #expect(Fixtures.run("queue delete ALL", Fixtures.operations(spool: spool)) == "450 messages deleted\n")
        #expect(journal.entries.filter { $0.hasPrefix("delete") } == ["delete 200", "delete 200", "delete 50"])
        #expect(try spool.list(after: nil, limit: 1).isEmpty)
    }

    @Test func mailThatArrivesLaterIsLeftAlone() {
        var envelope = Envelope(id: QueueID(value: 0x6_0000_0000_0000), sender: "", recipients: [], arrival: 0, size: 1)
        var later = envelope
        envelope.arrival = 1_700_000_000_000
        later = Envelope(
            id: QueueID(value: 0x6_0000_0000_0001),
            sender: "",
            recipients: [],
            arrival: 1_700_000_000_001,
            size: 1
        )
        let spool = ListedSpool([envelope, later])
        #expect(Fixtures.run("queue delete ALL", Fixtures.operations(spool: spool)) == "1 message deleted\n")
    }

    @Test(arguments: [("", "|Subject: x\n"), (" body", "|Subject: x\n|\n|hello\n")])
    func showsAMessage(option: String, body: String) {
        let text = "Subject: x\r\n\r\nhello\r\n"
        let envelope = Envelope(
            id: QueueID(value: 0x6_0000_0000_0000),
            sender: "",
            recipients: [
                Recipient(address: "a@b", due: 1_700_000_065_000, attempts: 2, reason: "450 4.2.0 later\u{1B}[2J"),
                Recipient(address: "c@d", state: .failed, attempts: 1),
            ],
            arrival: 1_700_000_000_000,
            size: text.utf8.count,
            client: "mx[192.0.2.1]"
        )
        let spool = ListedSpool([envelope], text: text)
        let answer = Fixtures.run("queue show 6000000000000\(option)", Fixtures.operations(spool: spool))
        let details: String = """
            queue_id: 6000000000000
            queue_name: deferred
            sender: <>
            arrival: 2023-11-14 22:13:20
            size: 21
            client: mx[192.0.2.1]
            recipient: <a@b> pending, 2 attempts, next in 1m5s: 450 4.2.0 later?[2J
            recipient: <c@d> failed, 1 attempt

            """
        #expect(answer == details + body)
    }
}
