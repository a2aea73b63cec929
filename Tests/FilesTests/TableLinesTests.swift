// SPDX-License-Identifier: Apache-2.0

import Files
import Testing

struct TableLinesTests {
    private func read(_ text: String) -> [String] {
        TableLines(Array(text.utf8)).map { entry in
            "\(entry.line)\(entry.isOrphan ? "!" : ""):\(String(decoding: entry.bytes, as: UTF8.self))"
        }
    }

    @Test(arguments: [
        ("", []), ("\n\n", []), ("# x\n  # y\n", []), ("a b", ["1:a b"]), ("a\nb\n", ["1:a", "2:b"]),
        ("a\n  b\n\tc\nd", ["1:a b c", "4:d"]), ("a\n# x\n\n b", ["1:a b"]), (" a\nb", ["1!:a", "2:b"]),
        ("a b\r\nc d\r\n", ["1:a b", "2:c d"]), ("a\r\n b\r\n", ["1:a b"]), ("\u{FEFF}a", ["1:a"]),
        ("a \r x", ["1:a \r x"]),
    ])
    func entriesAreLinesAndWhatGoesOnWithThem(text: String, entries: [String]) {
        #expect(read(text) == entries)
    }
}
