// SPDX-License-Identifier: Apache-2.0

/// Makes foreign text harmless inside an answer: one line, printable, and readable by clients that decode ASCII only.
package enum PlainText {
    /// Replaces control characters and everything beyond ASCII by `?`.
    package static func line(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E }) else { return text }
        return String(text.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }

    /// Replaces control characters alone: for texts of the queue, which people read.
    package static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(text.unicodeScalars.map { isControl($0) ? "?" : Character($0) })
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// Text without commas as well: some monitoring clients split rows at every comma, quoted or not.
    package static func withoutCommas(_ text: String) -> String {
        String(line(text).map { $0 == "," ? ";" : $0 })
    }

    /// A name without white space: where a client takes everything up to the next blank.
    package static func word(_ text: String) -> String {
        let word = String(line(text).map { $0 == " " ? "_" : $0 })
        return word.isEmpty ? "-" : word
    }

    /// Fills up with blanks to `width`; longer text stays whole.
    package static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
        let missing = width - text.count
        guard missing > 0 else { return text }
        let blanks = String(repeating: " ", count: missing)
        return right ? blanks + text : text + blanks
    }
}
