// SPDX-License-Identifier: Apache-2.0

/// How many letters must be changed, added or dropped to make one word of another (Levenshtein's distance).
enum EditDistance {
    /// Texts are cut to `limit` characters first, so that a hostile line costs no more than a long one.
    static func between(_ left: String, _ right: String, limit: Int) -> Int {
        let left = Array(left.utf8.prefix(limit))
        let right = Array(right.utf8.prefix(limit))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
