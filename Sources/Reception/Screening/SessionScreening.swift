// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// What screening still has to do with a session: tests that are not over, or a refusal of every recipient.
final class SessionScreening {
    let arrival: ScreeningArrival
    var machine: ScreeningMachine
    /// What recipients are refused with, complete.
    var refusal: Reply?
    private var commands = 0
    private let began: NIODeadline
    /// Milliseconds a command line may take.
    let commandTime: Int

    init(_ arrival: ScreeningArrival, machine: ScreeningMachine, now: NIODeadline) {
        self.arrival = arrival
        self.machine = machine
        began = now
        commandTime = arrival.policy.commandTime
    }

    /// One more command; whether that was one too many. QUIT never is.
    func countCommand(_ verb: String) -> Bool {
        commands += 1
        return commands > arrival.policy.settings.commandLimit && verb != "QUIT"
    }

    func age(at now: NIODeadline) -> TimeAmount { now - began }
}

/// Command words as screening sees them.
enum ScreeningCommand {
    /// What no test takes for a foreign protocol.
    private static let known: Set<String> = [
        "HELO", "EHLO", "XCLIENT", "XFORWARD", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP",
        "VRFY", "ETRN", "QUIT", "EXPN", "HELP",
    ]

    /// Whether a line is something else than SMTP: a forbidden word, or a header line (Postfix: psc_smtpd_read_event).
    static func isForeign(_ line: String, _ settings: ScreeningSettings) -> Bool {
        let word = line.utf8.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x20 && $0 != 0x09 }
        guard let first = word.first else { return false }
        let command = String(decoding: word, as: UTF8.self).uppercased()
        if known.contains(command) { return false }
        if settings.forbiddenCommands.contains(command) { return true }
        if settings.forbidsNonLetters, !(0x41...0x5A).contains(first & 0xDF) { return true }
        // A header's name is printable and ends in a colon (RFC 5322 section 2.2).
        guard let colon = word.firstIndex(of: UInt8(ascii: ":")), colon > word.startIndex else { return false }
        return word[..<colon].allSatisfy { (0x21..<0x7F).contains($0) }
    }
}
