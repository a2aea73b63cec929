// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import SMTP
import Support
import Testing

struct AccessTableTests {
    private func table(_ text: String) -> AccessTable {
        AccessTable(Array(text.utf8))
    }

    private func verdict(_ table: AccessTable, on address: String) throws -> AccessVerdict? {
        table.verdict(on: try #require(IPAddress(address)))
    }

    private static let addresses: [(address: String, expected: AccessVerdict?)] = [
        ("10.1.2.3", .permit), ("10.2.0.1", .reject(AccessRefusal())), ("11.0.0.1", nil),
        ("2001:db8:1::5", .dunno), ("2001:db8:2::5", .reject(AccessRefusal())), ("2001:db9::1", nil),
        ("192.0.2.1", .permit), ("192.0.2.2", nil), ("::ffff:10.1.2.3", .permit), ("::1", .permit),
    ]

    @Test(arguments: addresses)
    func theFirstNetworkThatHoldsTheAddressCounts(address: String, expected: AccessVerdict?) throws {
        let table = table(
            """
            # comment
            10.1.0.0/16   permit
            10.0.0.0/8    reject
            10.1.2.0/24   reject

            2001:db8:1::/48 dunno
              # a comment inside
            2001:db8::/32
            \treject
            192.0.2.1     permit
            [::1]/128     permit
            """
        )
        #expect(table.mistakes == [])
        #expect(table.count == 7)
        #expect(try verdict(table, on: address) == expected)
    }

    @Test(arguments: [
        ("192.0.2.0/24 Permit", AccessVerdict.permit), ("192.0.2.0/24\tdunno", .dunno),
        ("0.0.0.0/0 permit", .permit), ("::/0 reject\n0.0.0.0/0 permit", .permit),
    ])
    func otherResults(text: String, expected: AccessVerdict) throws {
        #expect(try verdict(table(text), on: "192.0.2.7") == expected)
    }

    @Test func noAddressOfOneFamilyIsInANetworkOfTheOther() throws {
        #expect(try verdict(table("::/0 reject"), on: "192.0.2.7") == nil)
        #expect(try verdict(table("0.0.0.0/0 reject"), on: "2001:db8::1") == nil)
        #expect(try verdict(table("::/0 reject"), on: "2001:db8::1") == .reject(AccessRefusal()))
    }

    @Test(arguments: [
        ("192.0.2.1/24 reject", 1, "did you mean '192.0.2.0/24'?"), ("2001:db8::1/32 reject", 1, "'2001:db8::/32'?"),
        ("\n\n!192.0.2.0/24 reject", 3, "exceptions"),
        ("10.0.0.0/8 permit\nif 10.0.0.0/8\nendif", 2, "'if' is not supported"),
        ("10.0.0.0/33 reject", 1, "is not a network"), ("mail.example reject", 1, "is not a network"),
        ("10.0.0.0/8", 1, "nothing said of it"), ("10.0.0.0/8 \t\r\n", 1, "nothing said of it"),
        (" 10.0.0.0/8 reject", 1, "white space"), ("10.0.0.0/8 HOLD", 1, "'HOLD' is none of"),
        ("10.0.0.0/8 reject caf\u{E9}", 1, "printable"), ("10.0.0.0/8 reject \0", 1, "printable"),
        ("10.0.0.0/8 permit now", 1, "unexpected 'now'"), ("10.0.0.0/8 /24 reject", 1, "'/24'"),
    ])
    func mistakesHaveTheirLine(text: String, line: Int, part: String) throws {
        let mistake = try #require(table(text).mistakes.first)
        #expect(mistake.line == line)
        #expect(mistake.message.contains(part), "\(mistake.message)")
    }

    @Test(arguments: ["reject text", "OK", "550 no", "REJECTED"])
    func theScreeningDialectKnowsThreeWords(result: String) {
        #expect(table("10.0.0.0/8 \(result)").mistakes.count == 1)
    }

    @Test func entriesAreBounded() {
        let lines = String(repeating: " x\n", count: AccessLimits.entryBytes)
        #expect(table("10.0.0.0/8 reject\n" + lines).mistakes.map(\.line) == [1])
        #expect(table(String(repeating: "wrong\n", count: 1_000)).mistakes.count == AccessLimits.mistakes)
    }

    @Test func tenThousandEntriesAreSearchedByLengthNotOneByOne() throws {
        let lines = (0..<10_000).map { "10.\($0 / 250).\($0 % 250).0/24 \($0 % 2 == 0 ? "permit" : "reject")\n" }
        let large = table(lines.joined() + "10.0.0.0/8 dunno\n")
        #expect(large.mistakes == [])
        #expect(large.count == 10_001)
        let clock = ContinuousClock()
        let address = try #require(IPAddress("10.39.249.7"))
        var found: AccessVerdict?
        let time = clock.measure { for _ in 0..<1_000 { found = large.verdict(on: address) } }
        print("a lookup among \(large.count) entries: \(time / 1_000)")
        #expect(found == .reject(AccessRefusal()))
        #expect(try verdict(large, on: "10.200.0.1") == .dunno)
        #expect(try verdict(large, on: "11.0.0.1") == nil)
    }

    @Test func nothingInAFileTraps() {
        var random = SeededRandom(seed: 7)
        let words = [
            "10.0.0.0/8", "/", "[", "]", "::/0", "REJECT", "550", "5.7.1", "\n", "\n ", "#", "\t", "!", "if", ".", "..",
            "\u{E9}", "\0", "9999999999999999999999", "\r\n", "1.2.3.4/-1", "5.999.9", "[::1",
        ]
        for _ in 0..<2_000 {
            let text = (0..<12).map { _ in (words.randomElement(using: &random) ?? "") + " " }.joined()
            let table = table(text)
            #expect(table.mistakes.allSatisfy { $0.line > 0 && !$0.message.isEmpty })
        }
    }
}
