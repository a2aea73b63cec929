// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// An SMTP dialogue as a text file: what the client sends and what the server must answer.
///
///     # comment
///     set message_size_limit 1000        a setting the test understands
///     client 192.0.2.1                   the address in the PROXY header; `client none` for none
///     C: EHLO client                     sent with CRLF
///     ~ a\n.\r\n                         sent as it stands, with \r \n \0 \\ escapes and `\xHH`
///     S: 250 2.1.0 Ok                    the next reply's last line begins with this
///     wait 301                           seconds pass
///     end                                the server ends the session (its side is closed)
package struct Dialogue: Sendable, CustomStringConvertible {
    package enum Step: Sendable, Equatable {
        case send([UInt8])
        case expect(String)
        case wait(seconds: Int)
        case end
    }

    package let name: String
    package var settings: [(name: String, value: String)] = []
    package var client: String? = "192.0.2.1"
    package var steps: [(line: Int, step: Step)] = []

    package var description: String { name }

    package init(contentsOf url: URL) throws {
        name = url.deletingPathExtension().lastPathComponent
        let text = try String(contentsOf: url, encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            try read(line, number: index + 1)
        }
    }

    /// Every dialogue in the folder beside the test targets.
    package static func all(beside file: String = #filePath) throws -> [Dialogue] {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Dialogues")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "smtp" }
            .sorted { $0.path < $1.path }
            .map { try Dialogue(contentsOf: $0) }
    }

    private struct Malformed: Error {
        var line: Int
        var text: String
    }

    private mutating func read(_ line: Substring, number: Int) throws {
        if line.isEmpty || line.hasPrefix("#") { return }
        let words = line.split(separator: " ", maxSplits: 2)
        if line.hasPrefix("C:") {
            steps.append((number, .send(Array(line.dropFirst(3).utf8) + [13, 10])))
        } else if line.hasPrefix("S:") {
            steps.append((number, .expect(String(line.dropFirst(3)))))
        } else if line.hasPrefix("~ ") {
            steps.append((number, .send(Dialogue.unescaped(line.dropFirst(2)))))
        } else if words[0] == "wait", words.count == 2, let seconds = Int(words[1]) {
            steps.append((number, .wait(seconds: seconds)))
        } else if words[0] == "end" {
            steps.append((number, .end))
        } else if words[0] == "client", words.count == 2 {
            client = words[1] == "none" ? nil : String(words[1])
        } else if words[0] == "set", words.count == 3 {
            settings.append((String(words[1]), String(words[2])))
        } else {
            throw Malformed(line: number, text: String(line))
        }
    }

    private static func unescaped(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "0"): bytes.append(0)
            case UInt8(ascii: "x"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            default: bytes.append(next)
            }
        }
        return bytes
    }
}
