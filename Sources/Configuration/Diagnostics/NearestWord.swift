// SPDX-License-Identifier: Apache-2.0

/// Owns the answer to "which word did they mean?".
enum NearestWord {
    /// The candidate with the smallest edit distance to `word`, if it is near enough to be a slip of the finger: a third
    /// of the word's length and `limit` at most.
    static func to(_ word: String, among candidates: some Sequence<String>, within limit: Int = 4) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(ConfigurationLimits.quotedCharacters))
        let tolerance = min(limit, max(1, (typed.count + 1) / 3))
        var best: (name: String, distance: Int)?
        for candidate in candidates where candidate != word {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard abs(letters.count - typed.count) <= tolerance else { continue }
            let distance = distance(typed, letters)
            guard distance <= tolerance, distance < (best?.distance ?? .max) else { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// `; did you mean 'x'?`, or nothing.
    static func hint(for word: String, among candidates: some Sequence<String>) -> String {
        to(word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other (optimal string
    /// alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforePrevious[column - 2] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
