// SPDX-License-Identifier: Apache-2.0

extension FetchNotation {
    /// The fetches as the manual lists them.
    static var manual: [KeywordEntry] {
        entries.map { KeywordEntry(name: $0.name, usage: $0.usage, summary: $0.summary) }
    }
}
