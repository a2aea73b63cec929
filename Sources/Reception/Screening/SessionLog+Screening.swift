// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The lines of Postfix's postscreen, to the letter: fail2ban and pflogsumm know them.
extension SessionLog {
    /// Characters of a client's text in a line.
    private static let textLimit = 100

    func arrived() {
        let server = client.server.isEmpty ? "unknown" : client.server
        screened("CONNECT from \(client.endpoint) to [\(server)]:\(client.serverPort)")
    }

    func pregreeted(_ input: ByteBuffer, after age: TimeAmount) {
        let text = SessionLog.excerpt(input)
        screened(
            "PREGREET \(input.readableBytes) after \(SessionLog.seconds(age)) from \(client.endpoint): \(text)"
        )
    }

    func ranked(_ score: Int) {
        screened("DNSBL rank \(score) for \(client.endpoint)")
    }

    func violated(_ test: ScreeningTest, line: String, after verb: String, input: ByteBuffer) {
        switch test {
        case .pipelining:
            let word = line.prefix { $0 != " " && $0 != "\t" }
            let command = SessionLog.excerpt(ByteBuffer(substring: word))
            screened("COMMAND PIPELINING from \(client.endpoint) after \(command): \(SessionLog.excerpt(input))")
        case .nonSMTPCommand:
            let text = SessionLog.excerpt(ByteBuffer(string: line))
            screened("NON-SMTP COMMAND from \(client.endpoint) after \(verb): \(text)")
        case .bareNewline:
            let text = SessionLog.excerpt(ByteBuffer(string: line))
            screened("BARE NEWLINE from \(client.endpoint) after \(text)")
        case .pregreet, .blocklist:
            break
        }
    }

    func limited(_ limit: String, after verb: String) {
        screened("COMMAND \(limit) LIMIT from \(client.endpoint) after \(verb)")
    }

    func passed(_ passage: ScreeningMachine.Passage) {
        switch passage {
        case .new: screened("PASS NEW \(client.endpoint)")
        case .old: screened("PASS OLD \(client.endpoint)")
        case .unblessed: break
        }
    }

    /// Two significant digits, hundredths at the finest, without zeros at the end: `0.22`, `6`, `12` (Postfix: format_tv.c).
    static func seconds(_ time: TimeAmount) -> String {
        let hundredths = max(0, time.nanoseconds) / 10_000_000
        let whole = hundredths / 100
        if whole >= 10 { return String(whole) }
        let rest = hundredths % 100
        if whole > 0 { return rest / 10 == 0 ? String(whole) : "\(whole).\(rest / 10)" }
        if rest == 0 { return "0" }
        return rest % 10 == 0 ? "0.\(rest / 10)" : "0.\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func excerpt(_ bytes: ByteBuffer) -> String {
        String(PeerText.quoted(bytes).prefix(textLimit))
    }
}
