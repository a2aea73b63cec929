// SPDX-License-Identifier: Apache-2.0

import Resolving
import Support
import Testing

struct DomainNameTests {
    static let longLabel = String(repeating: "a", count: 63)
    static let longName = [longLabel, longLabel, longLabel, String(repeating: "b", count: 61)].joined(separator: ".")

    @Test(arguments: [
        ("example.org", "example.org"), ("Example.ORG.", "example.org"),
        ("_25._tcp.mx.example.org", "_25._tcp.mx.example.org"),
        ("org", "org"), ("0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"), (longLabel, longLabel),
        (longName, longName), (longName + ".", longName),
    ])
    func aNameIsRead(text: String, read: String) {
        #expect(DomainName(text)?.text == read)
    }

    @Test(arguments: [
        "", ".", "..", ".a", "a..b", "a..", "a b", "a\tb", "a\u{0}b", "bücher.example", "a\\.b", "a\"b",
        longLabel + "a",
        longName + "b", longName + "b.", String(repeating: "a.", count: 100_000),
    ])
    func whatIsNoNameIsRefused(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test(
        arguments: [
            ([0], ".", 1),
            ([2, 77, 120, 3, 111, 114, 103, 0], "mx.org", 8),
            ([3, 97, 46, 98, 1, 0, 0], #"a\.b.\000"#, 7),
            ([1, 92, 2, 0xC3, 0xBC, 0], #"\\.\195\188"#, 6),
            ([1, 97, 0, 9, 9], "a", 3),
        ] as [([UInt8], String, Int)]
    )
    func aNameOnTheWireIsRead(wire: [UInt8], text: String, end: Int) {
        var position = 0
        #expect(DomainName(wire: wire, at: &position)?.description == text)
        #expect(position == end)
    }

    @Test(
        arguments: [
            [], [1], [1, 97], [2, 97, 0], [0xC0, 0], [64] + Array(repeating: 97, count: 64) + [0], [0x80, 0],
            (0..<128).flatMap { _ in [1, 97] } + [0],
        ] as [[UInt8]]
    )
    func whatIsNoNameOnTheWireIsRefused(wire: [UInt8]) {
        var position = 0
        #expect(DomainName(wire: wire, at: &position) == nil)
        #expect(position == 0)
        var beyond = 1_000
        #expect(DomainName(wire: wire, at: &beyond) == nil)
        var before = -1
        #expect(DomainName(wire: wire, at: &before) == nil)
    }

    @Test func theLongestNameOnTheWireIsRead() {
        let wire: [UInt8] = (0..<127).flatMap { _ in [1, 97] } + [0]
        var position = 0
        #expect(DomainName(wire: wire, at: &position)?.text.utf8.count == 253)
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<20_000 {
            let wire = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...12, using: &random)
            }
            var position = Int.random(in: 0...4, using: &random)
            let start = position
            if DomainName(wire: wire, at: &position) == nil {
                #expect(position == start)
            } else {
                #expect(position > start && position <= wire.count)
            }
        }
    }
}
