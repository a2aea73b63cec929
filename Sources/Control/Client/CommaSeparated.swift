// SPDX-License-Identifier: Apache-2.0

/// Reads the lines of `show stat` (RFC 4180 quoting).
package enum CommaSeparated {
    /// The fields of one line; a quote inside quotes is doubled.
    package static func fields(of line: String) -> [String] {
        var fields: [String] = []
        var current = ""
        var isQuoted = false
        var rest = Substring(line)
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                rest = rest.dropFirst()
                current.append("\"")
            case "\"":
                isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(current)
                current = ""
            default:
                current.append(character)
            }
        }
        fields.append(current)
        return fields
    }
}
