// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct SourceMapTests {
    /// Where HAProxy 2.6.12 sends 24 clients, 127.0.0.1 and following.
    @Test(arguments: [
        ([1, 1, 1], "cabcabcabcabcabcabcabcab"),
        ([2, 1, 1], "abcaabcaabcaabcaabcaabca"),
        ([1, 0, 1], "cacacacacacacacacacacaca"),
        ([5, 3, 1], "bababacaabababacaabababa"),
    ])
    func countsOffByTheAddress(weights: [Int], expected: String) throws {
        var selection = Selection(algorithm: .source, count: 3)
        let chosen = try (1...24).map { try server("127.0.0.\($0)", weights, &selection) ?? 9 }
        #expect(chosen.map { "abc-------".dropFirst($0).prefix(1) }.joined() == expected)
    }

    private func server(_ address: String, _ weights: [Int], _ selection: inout Selection) throws -> Int? {
        let candidates = weights.indices.map { Selection.Candidate(index: $0, weight: weights[$0] * 16, load: 0) }
        let source = SourceHash.of(try SocketAddress(ipAddress: address, port: 4_711))
        return selection.choose(among: candidates, source: source)
    }

    @Test func aClientStaysWhereItIs() throws {
        var selection = Selection(algorithm: .source, count: 3)
        for last in 1...50 {
            let first = try server("192.0.2.\(last)", [1, 2, 3], &selection)
            #expect(try server("192.0.2.\(last)", [1, 2, 3], &selection) == first)
            // It moves only while its server is away.
            _ = try server("192.0.2.\(last)", [0, 2, 3], &selection)
            #expect(try server("192.0.2.\(last)", [1, 2, 3], &selection) == first)
        }
    }

    @Test func sharesByWeight() throws {
        var selection = Selection(algorithm: .source, count: 3)
        var counts = [0, 0, 0]
        for last in 0..<240 {
            if let index = try server("192.0.2.\(last)", [3, 1, 0], &selection) { counts[index] += 1 }
        }
        #expect(counts == [180, 60, 0])
    }

    @Test(arguments: [
        ("192.0.2.1", 0xC000_0201), ("::ffff:192.0.2.1", 0xC000_0201), ("2001:db8::1", 0x2001_0DB8 ^ 1), ("::", 0),
    ])
    func hashIsTheAddress(text: String, expected: UInt32) throws {
        #expect(SourceHash.of(try SocketAddress(ipAddress: text, port: 1)) == expected)
    }

    @Test func noAddressIsZero() {
        #expect(SourceHash.of(nil) == 0)
    }
}
