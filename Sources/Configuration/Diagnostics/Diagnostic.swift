// SPDX-License-Identifier: Apache-2.0

/// Owns one message about the configuration: what, where, and the line it is about, with every secret already replaced.
package struct Diagnostic: Sendable, Equatable {
    /// Whether the configuration can be used all the same.
    package enum Level: String, Sendable, Equatable {
        /// It cannot.
        case error
        /// It can; what is said has no effect, or another one than was meant.
        case warning
    }

    /// Errors keep the process from starting, warnings do not.
    package let level: Level
    /// The file's name as the reader was given it.
    package let file: String
    /// From 1; 0 when the message is about the whole file.
    package let line: Int
    /// From 1, counted in characters.
    package let column: Int
    /// One sentence without a full stop; it never quotes a secret.
    package let message: String
    /// The part of the line to show, and how many of its characters stand before the caret; nil without a line.
    package let excerpt: Excerpt?

    /// A part of a source line that is fit for a terminal.
    package struct Excerpt: Sendable, Equatable {
        /// The part of the line, printable.
        package let text: String
        /// Characters in front of the caret.
        package let caret: Int
    }

    /// `file:line:column: error: message`, the line, and a caret below the place; without a newline at the end.
    package func render() -> String {
        guard line > 0 else { return "\(file): \(level.rawValue): \(message)" }
        let head = "\(file):\(line):\(column): \(level.rawValue): \(message)"
        guard let excerpt else { return head }
        let indent = String(excerpt.text.prefix(excerpt.caret).map { $0 == "\t" ? "\t" : " " })
        let padding = String(repeating: " ", count: max(0, excerpt.caret - excerpt.text.count))
        return "\(head)\n    \(excerpt.text)\n    \(indent)\(padding)^"
    }
}

extension Diagnostic {
    /// Places a finding in its source. `secrets` holds, by line, the byte offset from which nothing may be shown.
    init(_ finding: Finding, in source: SourceText, secrets: [Int: Int]) {
        level = finding.level
        file = source.file
        message = finding.message
        guard let index = finding.line, source.lines.indices.contains(index) else {
            line = 0
            column = 0
            excerpt = nil
            return
        }
        line = index + 1
        let bytes = source.lines[index]
        let hiddenFrom = secrets[index]
        let visible = hiddenFrom.map { bytes.prefix($0) } ?? bytes
        let offset = min(finding.offset, visible.count)
        column = source.column(line: index, offset: offset)
        excerpt = Excerpt(
            line: String(decoding: visible, as: UTF8.self) + (hiddenFrom == nil ? "" : "***"),
            caret: column - 1
        )
    }
}

extension Diagnostic.Excerpt {
    /// The characters around the caret, with control characters replaced.
    fileprivate init(line: String, caret: Int) {
        let limit = ConfigurationLimits.excerptCharacters
        let characters = line.map { $0 == "\t" || $0.isPrintable ? $0 : "?" }
        guard characters.count > limit else {
            self.init(text: String(characters), caret: caret)
            return
        }
        let start = max(0, min(caret - limit / 2, characters.count - limit))
        let end = min(characters.count, start + limit)
        let head = start > 0 ? "..." : ""
        self.init(
            text: head + String(characters[start..<end]) + (end < characters.count ? "..." : ""),
            caret: caret - start + head.count
        )
    }
}
