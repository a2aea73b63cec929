// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns `unique-id-format` as text (HAProxy configuration manual 8.2.4).
enum UniqueIDNotation {
    private static let variables: [(String, UniqueIDFormat.Part)] = [
        ("pid", .process), ("ci", .clientAddress), ("cp", .clientPort), ("fi", .frontendAddress), ("fp", .frontendPort),
        ("Ts", .seconds), ("ms", .milliseconds), ("rt", .number), ("ft", .frontend), ("H", .hostname),
    ]

    static func read(_ word: Word) throws(Finding) -> UniqueIDFormat {
        var parts: [(part: UniqueIDFormat.Part, isHexadecimal: Bool)] = []
        var literal = ""
        var allHexadecimal = false
        var rest = word.text[...]

        func place() -> Word {
            word.part(rest, at: word.text.utf8.distance(from: word.text.startIndex, to: rest.startIndex))
        }
        func finish() {
            if !literal.isEmpty { parts.append((.text(literal), false)) }
            literal = ""
        }
        while let character = rest.first {
            guard character == "%" else {
                literal.append(character)
                rest = rest.dropFirst()
                continue
            }
            let here = place()
            rest = rest.dropFirst()
            if rest.first == "%" {
                literal.append("%")
                rest = rest.dropFirst()
                continue
            }
            finish()
            var isHexadecimal = allHexadecimal
            if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw Finding(at: here, "a '}' is missing after '%{'") }
                let flags = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
                guard flags == "+X" || flags == "-X" else {
                    throw Finding(
                        at: here,
                        "'%{\(flags)}' is not supported by this version: '%{+X}' makes numbers hexadecimal"
                    )
                }
                isHexadecimal = flags == "+X"
                if rest.first == "o" {
                    allHexadecimal = isHexadecimal
                    rest = rest.dropFirst()
                    // The blank that has to follow is not part of the id.
                    if rest.first == " " { rest = rest.dropFirst() }
                    continue
                }
            }
            if rest.hasPrefix("[fc_pp_unique_id]") {
                parts.append((.given, false))
                rest = rest.dropFirst("[fc_pp_unique_id]".count)
            } else if let (name, part) = variables.first(where: { rest.hasPrefix($0.0) }) {
                parts.append((part, isHexadecimal))
                rest = rest.dropFirst(name.count)
            } else {
                let name = "%" + rest.prefix { !$0.isWhitespace && $0 != "%" }
                let hint = NearestWord.hint(for: name, among: variables.map { "%" + $0.0 })
                throw Finding(at: here, "\(name.shown) is not supported by this version in an id\(hint)")
            }
        }
        finish()
        guard !parts.isEmpty else { throw Finding(at: word, "an empty id names nothing") }
        return UniqueIDFormat(parts, description: word.text)
    }
}
