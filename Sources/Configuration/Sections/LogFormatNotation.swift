// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns a `log-format` text: `%name` for a variable, `%%` for a percent sign (HAProxy configuration manual 8.2.4).
enum LogFormatNotation {
    /// Bytes of a format, and elements in it.
    private static let limit = 2_048

    static func format(_ word: Word) throws(Finding) -> SessionLogFormat {
        guard word.text.utf8.count <= limit else { throw Finding(at: word, "a format has at most \(limit) bytes") }
        var elements: [SessionLogFormat.Element] = []
        var text = ""
        var rest = word.text[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                text.append(character)
                continue
            }
            switch rest.first {
            case "%":
                rest = rest.dropFirst()
                text.append("%")
                continue
            case "{":
                throw Finding(
                    at: word,
                    "flags such as %{+Q} are not supported by this version: write the variable alone"
                )
            case "[":
                throw Finding(
                    at: word,
                    "expressions such as %[src] are not supported by this version: write a variable"
                )
            default: break
            }
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            // The longest name that fits, as HAProxy reads it only where the name ends there.
            guard let variable = SessionLogFormat.Variable(rawValue: String(name)) else {
                let names = SessionLogFormat.Variable.allCases.map(\.rawValue)
                let hint = NearestWord.hint(for: String(name), among: names)
                throw Finding(
                    at: word,
                    "%\(name) is no variable of a TCP session\(hint); there are \(names.map { "%" + $0 }.joined(separator: " "))"
                )
            }
            if !text.isEmpty { elements.append(.text(text)) }
            text = ""
            elements.append(.variable(variable))
            rest = rest.dropFirst(name.count)
        }
        if !text.isEmpty { elements.append(.text(text)) }
        guard !elements.isEmpty else { throw Finding(at: word, "the format is empty") }
        return SessionLogFormat(elements)
    }
}
