// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Support
import Testing

@Suite struct ConfigurationReaderTests {
    private func read(_ text: [UInt8]) -> (settings: ApplianceSettings, diagnostics: [Diagnostic]) {
        ConfigurationReader.read(file: "x", text: text, environment: { _ in nil }, hostname: "host.example.net")
    }

    private func read(_ text: String) -> (settings: ApplianceSettings, diagnostics: [Diagnostic]) {
        read(Array(text.utf8))
    }

    /// With RELAYBOX_WRITE_CASES set, writes what came out instead of comparing it: read the difference before you keep it.
    @Test(arguments: try CaseFile.all) func caseFile(_ file: CaseFile) throws {
        let actual = file.actual
        if getenv("RELAYBOX_WRITE_CASES") != nil {
            try TextFile.write(file.configuration + "----\n" + actual, to: file.path)
        }
        #expect(actual == file.expected)
    }

    @Test func noSecretIsEverShown() throws {
        let file = try #require(try CaseFile.all.first { $0.path.hasSuffix("/secrets.case") })
        #expect(file.configuration.contains("hunter2"))
        #expect(!file.actual.contains("hunter2"))
    }

    @Test func theShippedFileIsValidAsItIs() throws {
        let (settings, diagnostics) = read(try TextFile.read(TextFile.repository + "/appliance.conf"))
        #expect(diagnostics.map { $0.render() } == [])
        #expect(settings.balancer.frontends.first?.binds.first?.address == .ip(host: "0.0.0.0", port: 25))
        #expect(settings.spool?.directory == "/var/lib/relaybox/spool")
        #expect(settings.control.sockets.first?.address == .unix(path: "/run/relaybox/stats.sock"))
    }

    @Test func theShippedFileRunsUnprivilegedByItsVariables() throws {
        let environment = [
            "RUNTIME_DIRECTORY": "/tmp/try/run", "STATE_DIRECTORY": "/tmp/try/state", "RELAYBOX_ADDRESS": "127.0.0.1",
            "RELAYBOX_PORT": "2525", "RELAYBOX_RELAYHOST": "[127.0.0.1]:2526", "RELAYBOX_LOG": "stdout",
        ]
        let (settings, diagnostics) = ConfigurationReader.read(
            file: "appliance.conf",
            text: try TextFile.read(TextFile.repository + "/appliance.conf"),
            environment: { environment[$0] },
            hostname: "host.example.net"
        )
        #expect(diagnostics == [])
        #expect(settings.balancer.frontends.first?.binds.first?.address == .ip(host: "127.0.0.1", port: 2525))
        #expect(settings.spool?.directory == "/tmp/try/state/spool")
        #expect(settings.control.sockets.first?.address == .unix(path: "/tmp/try/run/stats.sock"))
        #expect(settings.delivery.relayHost?.port == 2526)
        #expect(settings.logs.map(\.destination) == [.stdout])
    }

    @Test func aFileBeyondTheLimitIsOneError() {
        let (_, diagnostics) = read([UInt8](repeating: 0x23, count: ConfigurationLimits.fileBytes + 1))
        #expect(diagnostics.map(\.level).contains(.error))
        #expect(diagnostics.first?.message.contains("longer than") == true)
    }

    @Test func aLineBeyondTheLimitIsAnErrorAndShownInPart() {
        let line = "maxconn " + String(repeating: "9", count: ConfigurationLimits.lineBytes)
        let (_, diagnostics) = read("global\n\(line)\nlisten x\n")
        let first = diagnostics.first { $0.level == .error }
        #expect(first?.line == 2)
        #expect((first?.render().count ?? .max) < 400)
    }

    @Test func errorsBeyondTheLimitAreCounted() {
        let lines = (0..<1_000).map { "  word\($0)\n" }.joined()
        let (_, diagnostics) = read("global\n" + lines)
        #expect(diagnostics.count == ConfigurationLimits.diagnostics + 1)
        #expect(diagnostics.last?.level == .error)
        #expect(diagnostics.last?.message.contains("more") == true)
    }

    @Test(arguments: [
        (Array("global\n log\0 x\n".utf8), 2, 5),
        (Array("global\n".utf8) + [0x20, 0xC3, 0x28, 0x0A], 2, 2),
        (Array("global\n".utf8) + [0x20, 0x61, 0xF0, 0x9F, 0x98, 0x0A], 2, 3),
        (Array("global\n".utf8) + [0xED, 0xA0, 0x80, 0x0A], 2, 1),
        (Array("global\n".utf8) + [0xC0, 0x80, 0x0A], 2, 1),
        (Array("global\n".utf8) + [0xFF], 2, 1),
    ]) func brokenBytesAreErrorsWithTheirPlace(bytes: [UInt8], line: Int, column: Int) {
        let first = read(bytes).diagnostics.first { $0.level == .error && $0.line > 0 }
        #expect(first?.line == line)
        #expect(first?.column == column)
    }

    @Test func columnsCountCharacters() {
        let (_, diagnostics) = read("global\n\tdescription \u{E9}\u{1F600}\n\tnode \u{E9}x !\nlisten l\n")
        #expect(diagnostics.first { $0.level == .error }?.column == 7)
    }

    @Test func windowsLineEndsAndByteOrderMarksAreNoText() {
        let (settings, _) = read([0xEF, 0xBB, 0xBF] + Array("global\r\n  hostname a.example\r\n".utf8))
        #expect(settings.hostname == "a.example")
    }

    @Test(arguments: [
        "server a 192.0.2.1:25", "bind :1-1000", "word", "frontend a", "listen a", "pool p", "mynetworks = ::",
    ])
    func aFileFullOfOneLineStaysCheap(line: String) {
        let (settings, diagnostics) = read("global\nlisten a\n" + String(repeating: line + "\n", count: 5_000))
        #expect(diagnostics.count == ConfigurationLimits.diagnostics + 1)
        #expect(settings.balancer.frontends.count <= ConfigurationLimits.sections)
        #expect(settings.balancer.frontends.flatMap(\.binds).count <= ConfigurationLimits.listeners)
    }

    @Test func nestedReferencesEndInAnErrorAndNotInEternity() {
        let names = (0..<9).map { "n\($0)" }
        let lines = zip(names, names.dropFirst()).map { name, next in
            "  \(name) = " + String(repeating: "$\(next)", count: 2_000) + "\n"
        }
        let (_, diagnostics) = read("pool p\n" + lines.joined() + "  smtpd_banner = $n0\nqueue\n")
        #expect(diagnostics.contains { $0.message.contains("$") || $0.message.contains("refers") })
    }

    /// Bytes, words and known keywords in any order: a reader that traps takes the test run with it.
    @Test(arguments: 0..<16) func nothingInAFileTraps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<25 {
            let text = Noise.file(using: &random)
            let (settings, diagnostics) = read(text)
            _ = settings.dump()
            #expect(diagnostics.allSatisfy { !$0.render().isEmpty })
            #expect(diagnostics.count <= ConfigurationLimits.diagnostics + 1)
        }
    }
}

/// Files that look like configurations, more or less.
private enum Noise {
    static let words = [
        "global", "defaults", "frontend", "backend", "listen", "pool", "queue", "from", "no", "option", "timeout",
        "client",
        "server", "bind", "stats", "socket", "log", "mode", "http", "tcp", "balance", "maxconn", "check", "inter",
        "accept-proxy", "proxy-from", "pool@a", "systemd@x", "unix@/x", "[::1]:25", ":::25", "::1:25", ":25-30", "*:0",
        "1.2.3.4", ":99999999999999999999", "=", "a=b", "$x", "${A}", "${A-b}", "${", "$(y)", "$$", "\"", "'", "\\",
        "\\x4",
        "\\x41", "#", "relayhost", "[h]:1", "[", "]", "mynetworks", "10.0.0.0/33", "::/0", "/", "!1", "smtpd_banner",
        "smtp_sasl_password", "99999999999d", "18446744073709551616", "-1", "+1", "0", "5m", "é", "\u{1F600}", "\t",
        "   ",
        "default-server", "default_backend", "a", "spool", "/x", "nameserver", "len", "format", "tune.x",
        "postscreen_x",
    ]

    static func file(using random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            switch UInt8.random(in: 0...9, using: &random) {
            case 0:
                bytes += (0..<Int.random(in: 0...30, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            case 1...4: bytes += Array(repeating: 0x20, count: Int.random(in: 0...6, using: &random))
            default: break
            }
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes += Array((words.randomElement(using: &random) ?? "").utf8)
                if Bool.random(using: &random) { bytes.append(0x20) }
            }
            bytes.append(0x0A)
        }
        return bytes
    }
}
