// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite struct DiagnosticTests {
    private func firstError(_ text: String) throws -> Diagnostic {
        let diagnostics = ConfigurationReader.read(
            file: "f.conf",
            text: text,
            environment: { _ in nil },
            hostname: "host.example.net"
        ).diagnostics
        return try #require(diagnostics.first { $0.level == .error })
    }

    @Test func aTabBeforeThePlaceIsATabBeforeTheCaret() throws {
        let lines = try firstError("global\n\tmaxconn\tmany\nlisten l\n").render().split(separator: "\n")
        #expect(
            lines == ["f.conf:2:10: error: 'many' is not a whole number", "    \tmaxconn\tmany", "    \t       \t^"]
        )
    }

    @Test func theCaretStandsBelowTheCharacterWhateverItsBytes() throws {
        let lines = try firstError("pool p\n  smtpd_banner = \u{E9}\u{E9} x\nqueue\n").render().split(separator: "\n")
        #expect(lines.first?.hasPrefix("f.conf:2:18: error:") == true)
        #expect(lines.last == "                     ^")
    }

    @Test func aLongLineIsShownAroundThePlace() throws {
        let padding = String(repeating: "1.2.3.4 ", count: 200)
        let rendered = try firstError("pool p\n  mynetworks = \(padding)wrong \(padding)\nqueue\n").render()
        let lines = rendered.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("    ...") && lines[1].hasSuffix("..."))
        #expect(lines[1].dropFirst(lines[2].count - 1).hasPrefix("wrong"))
    }

    @Test func controlCharactersDoNotReachTheTerminal() throws {
        let rendered = try firstError("global\n  maxconn \u{1B}[31m\u{202E}x\nlisten l\n").render()
        #expect(!rendered.unicodeScalars.contains("\u{1B}"))
        #expect(!rendered.unicodeScalars.contains("\u{202E}"))
    }

    @Test func aMessageAboutTheWholeFileHasNoPlace() throws {
        #expect(try firstError("").render().hasPrefix("f.conf: error: "))
    }

    @Test func diagnosticsComeInTheOrderOfTheLines() {
        let text = "frontend a\n  bind x\n  default_backend b\nfrontend c\n  bind y\n  default_backend d\n"
        let lines = ConfigurationReader.read(file: "f", text: text, environment: { _ in nil }, hostname: "h")
            .diagnostics.map(\.line)
        #expect(lines == lines.sorted())
        #expect(Set(lines).isSuperset(of: [2, 3, 5, 6]))
    }
}
