// SPDX-License-Identifier: Apache-2.0

/// The commands the server knows, in the order in which Postfix's disconnect line lists them.
package enum Verb: Int, Sendable, CaseIterable {
    case helo = 0
    case ehlo, starttls, mail, rcpt, data, rset, noop, vrfy, help, quit, unknown

    /// The name in the disconnect line.
    package var name: String {
        switch self {
        case .helo: "helo"
        case .ehlo: "ehlo"
        case .starttls: "starttls"
        case .mail: "mail"
        case .rcpt: "rcpt"
        case .data: "data"
        case .rset: "rset"
        case .noop: "noop"
        case .vrfy: "vrfy"
        case .help: "help"
        case .quit: "quit"
        case .unknown: "unknown"
        }
    }

    /// Whether a client must wait for the reply before it sends anything else, also where PIPELINING is offered
    /// (RFC 2920 section 3.1).
    package var endsGroup: Bool {
        switch self {
        case .helo, .ehlo, .starttls, .data, .noop, .vrfy: true
        case .mail, .rcpt, .rset, .help, .quit, .unknown: false
        }
    }

    /// Whether the command counts against smtpd_junk_command_limit when no mail is sent.
    var isJunk: Bool {
        switch self {
        case .helo, .ehlo, .rset, .noop, .vrfy, .help: true
        case .starttls, .mail, .rcpt, .data, .quit, .unknown: false
        }
    }

    /// Reads a verb in any case.
    init(_ word: Substring.UTF8View) {
        guard word.count == 4 else {
            let isStartTLS = word.count == 8 && word.lazy.map { $0 & 0xDF }.elementsEqual(Verb.startTLSName)
            self = isStartTLS ? .starttls : .unknown
            return
        }
        let packed = word.reduce(UInt32(0)) { $0 << 8 | UInt32($1 & 0xDF) }
        switch packed {
        case 0x4845_4C4F: self = .helo
        case 0x4548_4C4F: self = .ehlo
        case 0x4D41_494C: self = .mail
        case 0x5243_5054: self = .rcpt
        case 0x4441_5441: self = .data
        case 0x5253_4554: self = .rset
        case 0x4E4F_4F50: self = .noop
        case 0x5652_4659: self = .vrfy
        case 0x4845_4C50: self = .help
        case 0x5155_4954: self = .quit
        default: self = .unknown
        }
    }
}

extension Verb {
    private static let startTLSName = Array("STARTTLS".utf8)
}

/// How often each command came and how often it was accepted: the end of Postfix's disconnect line.
package struct CommandTally: Sendable, Equatable {
    private var totals = SIMD16<UInt32>()
    private var accepted = SIMD16<UInt32>()

    mutating func count(_ verb: Verb, accepted isAccepted: Bool) {
        totals[verb.rawValue] &+= 1
        if isAccepted { accepted[verb.rawValue] &+= 1 }
    }

    /// ` ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4`, with a leading space; ` commands=0/0` for a silent client.
    package var summary: String {
        var text = ""
        for verb in Verb.allCases where totals[verb.rawValue] > 0 {
            text += " \(verb.name)=\(CommandTally.ratio(accepted[verb.rawValue], totals[verb.rawValue]))"
        }
        let all = totals.wrappedSum()
        text += all == 0 ? " commands=0/0" : " commands=\(CommandTally.ratio(accepted.wrappedSum(), all))"
        return text
    }

    private static func ratio(_ part: UInt32, _ whole: UInt32) -> String {
        part == whole ? "\(whole)" : "\(part)/\(whole)"
    }
}
