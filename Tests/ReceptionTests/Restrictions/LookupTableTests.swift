// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import SMTP
import Testing

struct LookupTableTests {
    private func table(_ text: String, _ format: TableFormat = .keys) -> LookupTable {
        LookupTable(Array(text.utf8), format: format)
    }

    @Test(arguments: [
        ("OK", AccessAction.ok), ("relay", .ok), ("1234567890", .ok), ("DUNNO", .dunno),
        ("REJECT", .reject(AccessText())), ("reject go away", .reject(AccessText(text: "go away"))),
        ("REJECT 5.7.26  no\n  such luck", .reject(AccessText(status: EnhancedStatus(5, 7, 26), text: "no such luck"))),
        ("550 not here", .refuse(code: 550, AccessText(text: "not here"))), ("450", .refuse(code: 450, AccessText())),
        ("521 5.7.1 go", .refuse(code: 521, AccessText(status: EnhancedStatus(5, 7, 1), text: "go"))),
        ("450 4.7.5 later\r", .refuse(code: 450, AccessText(status: EnhancedStatus(4, 7, 5), text: "later"))),
        ("550 1.2 is no status", .refuse(code: 550, AccessText(text: "1.2 is no status"))),
        ("DEFER later", .defer(AccessText(text: "later"))), ("defer_if_permit", .deferIfPermit(AccessText())),
        ("DEFER_IF_REJECT 4.1.1 x", .deferIfReject(AccessText(status: EnhancedStatus(4, 1, 1), text: "x"))),
        ("INFO seen", .info("seen")), ("WARN odd", .warn("odd")),
    ])
    func actionsAreRead(text: String, expected: AccessAction) throws {
        let keys = table("a.example \(text)\n")
        #expect(keys.mistakes == [])
        #expect(keys.action(of: "a.example") == expected)
        let networks = table("192.0.2.0/24 \(text)\n", .networks)
        #expect(networks.action(on: try #require(IPAddress("192.0.2.7"))) == expected)
    }

    @Test(arguments: [
        ("a FILTER smtp:x", "'FILTER' is not supported"),
        ("a 250 fine", "'250' is no reply code"), ("a +50 x", "'+50'"),
        ("a 450 5.7.1 x", "does not belong"), ("a REJECT 4.7.1 x", "does not belong"), ("a OK now", "unexpected 'now'"),
        ("a", "nothing said of it"), (" a OK", "white space"), ("a REJECT caf\u{E9}", "printable"),
        ("a permit_mynetworks, reject", "is not supported"),
    ])
    func mistakesHaveTheirLine(text: String, part: String) throws {
        let mistake = try #require(table(text).mistakes.first)
        #expect(mistake.message.contains(part), "\(mistake.message)")
        let networks = table("# c\n192.0.2.1/24 OK\n", .networks)
        #expect(networks.mistakes.map(\.line) == [2])
    }

    @Test func keysAreFoundInAnyCaseAndTheFirstCounts() {
        let table = table("Mail.Example.ORG OK\nmail.example.org REJECT\n# c\n<> DUNNO\n")
        #expect(table.count == 3)
        #expect(table.action(of: "mail.example.org") == .ok)
        #expect(table.action(of: "<>") == .dunno)
        #expect(table.action(of: "example.org") == nil)
    }

    @Test func membersNeedAValueThatSaysNothing() {
        let table = table("a@example.net anything at all\n@example.org x\nb\n", .members)
        #expect(table.contains("a@example.net"))
        #expect(table.contains("@example.org"))
        #expect(!table.contains("b"))
        #expect(table.mistakes.map(\.line) == [3])
    }

    @Test func textsAreBounded() {
        let long = String(repeating: "x", count: AccessLimits.textBytes + 1)
        #expect(table("a REJECT \(long)").mistakes.map(\.line) == [1])
    }
}
