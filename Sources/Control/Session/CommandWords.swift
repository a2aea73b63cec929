// SPDX-License-Identifier: Apache-2.0

/// Splits a line of the stats socket into commands and words (HAProxy management guide 9.3).
package enum CommandWords {
    /// The commands of a line: separated by `;`, unless a backslash stands before it.
    package static func commands(in line: String) -> [String] {
        var commands: [String] = []
        var current = ""
        var escaped = false
        for character in line {
            if escaped {
                current.append(character)
                escaped = false
            } else if character == ";" {
                commands.append(current)
                current = ""
            } else {
                escaped = character == "\\"
                current.append(character)
            }
        }
        commands.append(current)
        return commands
    }

    /// The words of a command: separated by blanks; a backslash takes the next character as it is.
    package static func words(in command: String) -> [String] {
        var words: [String] = []
        var current: String?
        var escaped = false
        for character in command {
            if escaped {
                current = (current ?? "") + String(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
                current = current ?? ""
            } else if character == " " || character == "\t" {
                if let word = current { words.append(word) }
                current = nil
            } else {
                current = (current ?? "") + String(character)
            }
        }
        if let word = current { words.append(word) }
        return words
    }

    /// A word as a client must write it, so that `words` gives it back.
    package static func escape(_ word: String) -> String {
        var result = ""
        for character in word {
            if character == "\\" || character == ";" || character == " " || character == "\t" { result += "\\" }
            result.append(character)
        }
        return result
    }
}
