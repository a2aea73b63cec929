// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct SelectionTests {
    private func pick(
        _ algorithm: BackendSettings.Algorithm,
        weights: [Int],
        rounds: Int,
        serve: (inout [Int], Int) -> Void = { _, _ in }
    ) -> String {
        var selection = Selection(algorithm: algorithm, count: weights.count)
        var loads = weights.map { _ in 0 }
        var text = ""
        for _ in 0..<rounds {
            let candidates = weights.indices.map {
                Selection.Candidate(index: $0, weight: weights[$0], load: loads[$0])
            }
            guard let chosen = selection.choose(among: candidates) else {
                text += "-"
                continue
            }
            serve(&loads, chosen)
            text += "\("abcdefgh".dropFirst(chosen).first ?? "?")"
        }
        return text
    }

    @Test(arguments: [
        ([1], 3, "aaa"),
        ([1, 1], 4, "abab"),
        ([1, 1, 1], 6, "abcabc"),
        // A heavy server's turns are spread between the others'.
        ([5, 1, 1], 7, "aabacaa"),
        ([3, 1], 8, "aabaaaba"),
        ([0, 1], 3, "bbb"),
        ([0, 0], 2, "--"),
        ([], 2, "--"),
    ])
    func goesRound(weights: [Int], rounds: Int, expected: String) {
        #expect(pick(.roundrobin, weights: weights, rounds: rounds) == expected)
    }

    @Test func sharesByWeight() {
        let text = pick(.roundrobin, weights: [256, 128, 1], rounds: 385)
        #expect(text.filter { $0 == "a" }.count == 256)
        #expect(text.filter { $0 == "b" }.count == 128)
        #expect(text.filter { $0 == "c" }.count == 1)
    }

    @Test(arguments: [
        ([1, 1, 1], 6, "abcabc"),
        // Connections that stay: loads grow in proportion to weights.
        ([2, 1], 6, "ababaa"),
        ([0, 1], 2, "bb"),
        ([0], 1, "-"),
    ])
    func prefersTheLeastLoaded(weights: [Int], rounds: Int, expected: String) {
        #expect(pick(.leastconn, weights: weights, rounds: rounds) { $0[$1] += 1 } == expected)
    }

    @Test func takesTurnsAmongEquals() {
        #expect(pick(.leastconn, weights: [1, 1, 1], rounds: 6) == "abcabc")
    }

    @Test func looksAtLoadForWeight() {
        var selection = Selection(algorithm: .leastconn, count: 2)
        let heavy = Selection.Candidate(index: 0, weight: 10, load: 9)
        let light = Selection.Candidate(index: 1, weight: 1, load: 1)
        #expect(selection.choose(among: [heavy, light]) == 0)
        #expect(selection.choose(among: [Selection.Candidate(index: 0, weight: 10, load: 11), light]) == 1)
    }

    @Test func fillsTheFirst() {
        #expect(pick(.first, weights: [0, 1, 5], rounds: 3) == "bbb")
    }

    /// The same seed draws the same, by weight, and of two it takes the one with less to do.
    @Test func drawsByWeight() {
        let text = pick(.random(draws: 1), weights: [3, 1, 0], rounds: 4_000)
        #expect(text == pick(.random(draws: 1), weights: [3, 1, 0], rounds: 4_000))
        #expect((2_700...3_300).contains(text.filter { $0 == "a" }.count))
        #expect(!text.contains("c"))
        let loads = pick(.random(draws: 100), weights: [1, 1], rounds: 100) { $0[$1] += 1 }
        #expect((45...55).contains(loads.filter { $0 == "a" }.count))
    }

    @Test(arguments: [
        BackendSettings.Algorithm.roundrobin, .staticRoundRobin, .leastconn, .source, .first,
    ])
    func candidatesMayComeAndGo(algorithm: BackendSettings.Algorithm) {
        var selection = Selection(algorithm: algorithm, count: 3)
        let all = (0..<3).map { Selection.Candidate(index: $0, weight: 1, load: 0) }
        #expect(selection.choose(among: all.dropFirst()) == 1)
        #expect(selection.choose(among: all.suffix(1)) == 2)
        #expect(selection.choose(among: []) == nil)
        // A server the backend does not have is never chosen.
        #expect(selection.choose(among: [Selection.Candidate(index: 3, weight: 1, load: 0)]) == nil)
        #expect(selection.choose(among: all) != nil)
    }
}
