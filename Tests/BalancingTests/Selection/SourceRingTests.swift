// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct SourceRingTests {
    /// 48 addresses of IPv4 and 16 of IPv6.
    private static let clients: [String] =
        (0..<24).map { "192.0.2.\($0 * 7 % 256)" } + (0..<24).map { "198.51.\($0 * 13 % 256).\($0 * 101 % 256)" }
        + (0..<16).map { "2001:db8:\(String($0, radix: 16))::\(String($0 * 977, radix: 16))" }

    private static func chosen(
        _ weights: [Int],
        mixed: Bool = true,
        by selection: inout Selection
    ) throws -> String {
        let candidates = weights.indices.map { Selection.Candidate(index: $0, weight: weights[$0] * 16, load: 0) }
        return try clients.map { client in
            let plain = SourceHash.of(try SocketAddress(ipAddress: client, port: 4_711))
            let source = mixed ? SourceHash.mixed(plain) : plain
            return selection.choose(among: candidates, source: source).map { "abcd".dropFirst($0).prefix(1) } ?? "-"
        }.joined()
    }

    /// Where HAProxy 2.6.12 sends them.
    @Test(arguments: [
        ([1, 1, 1], true, "bbacabbcbbcaccbbcbabcccbcacbbbaabbaababbbaaaabcccbcaccbcaccccbcb"),
        ([1, 0, 1], true, "caacacacaacaccccccaacccccacccaaaccaacaaacaaaaccccccaccacaccccaca"),
        ([1, 1, 1], false, "ccccccccccccccccccccccccbbbbbbbbbbbbbbbbbbbbbbbbaaaaaaaaaaaaaaaa"),
        ([1, 2, 5], true, "ccbcbcbccbcccccbcbbbcccccccbccaacbaccbcbcccacbcccbccccbbcccccccb"),
        ([1, 0, 5], true, "ccacaccccaccccccccccccccccccccaaccaccacacccaccccccccccccccccccca"),
        ([10, 200, 30, 0], true, "bbbbbbbbbcbcbbcbbbabbbbbbabbbbbbbbbbbbbbbbbbbbbcbbbbbbbbbacbbbbc"),
        ([10, 0, 30, 0], true, "ccccacccccaccccccaacaacccaccccaaccaccccaccacccccccccccaacacccccc"),
        ([10, 0, 30, 0], false, "ccccccccccccccccccccccccccccccccccccccccccccccccaaaaaaaaaaaacccc"),
    ])
    func findsTheSameServer(weights: [Int], mixed: Bool, expected: String) throws {
        var selection = Selection(algorithm: .source, hash: .consistent, count: weights.count)
        #expect(try Self.chosen(weights, mixed: mixed, by: &selection) == expected)
    }

    /// The same addresses counted off from mixed numbers (`hash-type map-based sdbm avalanche`).
    @Test(arguments: [
        ([1, 1, 1], "babbacbaccacacaacaabbbcaaacbcacbcbababbbacbbcbacaaacabaaaabbcacc"),
        ([10, 200, 30, 0], "bbbbbbbbcbbbbbbbbbcbbbbbbabbbbbbbbcbcbbbabbbcbbcbbbcbbcbbbbbbbbb"),
    ])
    func mixesForTheMapToo(weights: [Int], expected: String) throws {
        var selection = Selection(algorithm: .source, count: weights.count)
        #expect(try Self.chosen(weights, by: &selection) == expected)
    }

    /// Only the clients of a server that leaves move, and they come back.
    @Test func fewClientsMove() throws {
        var selection = Selection(algorithm: .source, hash: .consistent, count: 4)
        let before = try Self.chosen([1, 2, 3, 4], by: &selection)
        for away in 0..<4 {
            var weights = [1, 2, 3, 4]
            weights[away] = 0
            let without = try Self.chosen(weights, by: &selection)
            let name = Array("abcd")[away]
            #expect(zip(before, without).allSatisfy { $0 == $1 || $0 == name })
            #expect(!without.contains(name))
            #expect(try Self.chosen([1, 2, 3, 4], by: &selection) == before)
        }
        #expect(try Self.chosen([0, 0, 0, 0], by: &selection) == String(repeating: "-", count: 64))
    }

    /// A weight that grows takes clients from others and moves none between them; how it grew does not matter.
    @Test func aGrowingWeightOnlyTakes() throws {
        var selection = Selection(algorithm: .source, hash: .consistent, count: 3)
        var last = try Self.chosen([1, 20, 20], by: &selection)
        for weight in [2, 3, 7, 20, 256] {
            let next = try Self.chosen([weight, 20, 20], by: &selection)
            #expect(zip(last, next).allSatisfy { $0 == $1 || $1 == "a" })
            last = next
        }
        var fresh = Selection(algorithm: .source, hash: .consistent, count: 3)
        #expect(try Self.chosen([256, 20, 20], by: &fresh) == last)
    }
}
