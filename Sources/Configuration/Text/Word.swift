// SPDX-License-Identifier: Apache-2.0

/// Owns one word of a line after quotes, escapes and variables, and where it stands in the file.
struct Word: Sendable, Equatable {
    var text: String
    /// Index of the line, from 0.
    let line: Int
    /// Byte offset of the word's first byte, quotes included.
    let offset: Int
    /// Whether the text stands in the file byte for byte, so that a part of it has a place of its own.
    let isLiteral: Bool
    /// Whether the word is a secret's value, which no message may repeat.
    var isSecret = false

    init(_ text: String, line: Int, offset: Int, isLiteral: Bool = true, isSecret: Bool = false) {
        self.text = text
        self.line = line
        self.offset = offset
        self.isLiteral = isLiteral
        self.isSecret = isSecret
    }

    /// A part of the word that begins `distance` bytes into it.
    func part(_ text: some StringProtocol, at distance: Int) -> Word {
        Word(
            String(text),
            line: line,
            offset: isLiteral ? offset + distance : offset,
            isLiteral: isLiteral,
            isSecret: isSecret
        )
    }

    /// The parts between commas and white space, without empty ones.
    var listed: [Word] {
        text.split { $0 == "," || $0.isWhitespace }.map { item in
            part(item, at: text.utf8.distance(from: text.startIndex, to: item.startIndex))
        }
    }

    /// The word in quotes as a message shows it: bounded, printable, and never a secret.
    var shown: String { isSecret ? "'***'" : text.shown }
}

extension String {
    /// The text in quotes as a message shows it: bounded and printable.
    var shown: String {
        let printable = prefix(ConfigurationLimits.quotedCharacters).map { character in
            character.isPrintable ? character : "?"
        }
        return "'\(String(printable))\(printable.count < count ? "..." : "")'"
    }
}

extension Character {
    /// Whether the character can go to a terminal as it is.
    var isPrintable: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .surrogate, .lineSeparator, .paragraphSeparator, .format: false
            default: true
            }
        }
    }
}
