// SPDX-License-Identifier: Apache-2.0

package import SMTP

/// What an entry of an access table asks for (Postfix: access(5)).
package enum AccessAction: Sendable, Equatable {
    /// OK, RELAY, PERMIT, or digits alone.
    case ok
    case dunno
    /// REJECT with access_map_reject_code.
    case reject(AccessText)
    /// DEFER with access_map_defer_code.
    case `defer`(AccessText)
    /// A code of its own, 400 to 599.
    case refuse(code: Int, AccessText)
    case deferIfPermit(AccessText)
    case deferIfReject(AccessText)
    /// Lines for the log, which decide nothing.
    case info(String)
    case warn(String)
    /// HOLD, DISCARD, PREPEND, REDIRECT, BCC: what is done with the message; HOLD and DISCARD may have words for the log.
    case change(MessageEffect, String)

    /// Reads the right-hand side.
    init(_ result: String) throws(AccessEntries.Wrong) {
        let (word, text) = AccessEntries.split(result)
        switch word.uppercased() {
        case "OK", "RELAY", "PERMIT":
            guard text.isEmpty else {
                throw AccessEntries.Wrong("unexpected '\(text.prefix(64))' after '\(word.prefix(64))'")
            }
            self = .ok
        case "DUNNO": self = .dunno
        case "REJECT": self = .reject(try AccessText(text, class: 5))
        case "DEFER": self = .defer(try AccessText(text, class: 4))
        case "DEFER_IF_PERMIT": self = .deferIfPermit(try AccessText(text, class: 4))
        case "DEFER_IF_REJECT": self = .deferIfReject(try AccessText(text, class: 4))
        case "INFO": self = .info(try AccessText.bounded(text))
        case "WARN": self = .warn(try AccessText.bounded(text))
        case "HOLD": self = .change(.hold, try AccessText.bounded(text))
        case "DISCARD": self = .change(.discard, try AccessText.bounded(text))
        case "PREPEND": self = .change(.prepend(try AccessText.header(text)), "")
        case "REDIRECT": self = .change(.redirect(try AccessText.address(text)), "")
        case "BCC": self = .change(.copy(try AccessText.address(text)), "")
        default:
            guard !word.isEmpty, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw AccessEntries.Wrong(
                    "'\(word.prefix(64))' is not supported by this version: OK, REJECT, DEFER, DUNNO, DEFER_IF_PERMIT, "
                        + "DEFER_IF_REJECT, INFO, WARN, HOLD, DISCARD, PREPEND, REDIRECT, BCC and codes such as 550 are"
                )
            }
            if word.utf8.count == 3, let code = Int(word), (400...599).contains(code) {
                self = .refuse(code: code, try AccessText(text, class: code / 100))
            } else if text.isEmpty {
                self = .ok
            } else {
                throw AccessEntries.Wrong("'\(word.prefix(64))' is no reply code from 400 to 599")
            }
        }
    }
}

extension AccessAction {
    /// A right-hand side with what a peer sent behind its action, which is known to be right: what does not fit is left out.
    init(expanded result: String) {
        let (word, text) = AccessEntries.split(result)
        let cut = String(decoding: text.utf8.prefix(AccessLimits.textBytes), as: UTF8.self)
        for text in [cut, AccessText.split(cut).text, ""] {
            if let action = try? AccessAction("\(word) \(text)") {
                self = action
                return
            }
        }
        self = .defer(AccessText())
    }
}

/// The text of a refusal, perhaps with an enhanced status code before it.
package struct AccessText: Sendable, Equatable {
    /// nil: the restriction's own.
    package var status: EnhancedStatus?
    /// Empty: the restriction's own.
    package var text: String

    /// Without arguments: the restriction's own words.
    package init(status: EnhancedStatus? = nil, text: String = "") {
        self.status = status
        self.text = text
    }

    /// Reads what stands behind the action; a status must be of the reply's class.
    fileprivate init(_ text: String, class: Int) throws(AccessEntries.Wrong) {
        let bounded = try AccessText.bounded(text)
        (status, self.text) = AccessText.split(bounded)
        if let status, status.class != `class` {
            throw AccessEntries.Wrong(
                "status '\(status)' does not belong to a reply that begins with \(`class`)"
            )
        }
    }

    /// An enhanced status code at the beginning of a text, and the rest.
    static func split(_ text: String) -> (status: EnhancedStatus?, text: String) {
        let first = text.prefix { $0 != " " && $0 != "\t" }
        let numbers = first.split(separator: ".", omittingEmptySubsequences: false).map { part in
            (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        guard numbers.count == 3, let kind = numbers[0], let subject = numbers[1], let detail = numbers[2],
            (2...5).contains(kind)
        else { return (nil, text) }
        return (EnhancedStatus(kind, subject, detail), AccessEntries.trimmed(String(text.dropFirst(first.count))))
    }

    /// A header with a name and a value (RFC 5322 section 2.2).
    fileprivate static func header(_ text: String) throws(AccessEntries.Wrong) -> String {
        let name = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        guard name.count < text.utf8.count, !name.isEmpty, name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw AccessEntries.Wrong("'\(text.prefix(64))' is no header such as 'X-Seen: yes'")
        }
        return try bounded(text)
    }

    fileprivate static func address(_ text: String) throws(AccessEntries.Wrong) -> String {
        guard EnvelopeChanges.isAddress(text), text.contains("@") else {
            throw AccessEntries.Wrong("'\(text.prefix(64))' is no address such as user@example.org")
        }
        return text
    }

    fileprivate static func bounded(_ text: String) throws(AccessEntries.Wrong) -> String {
        guard text.utf8.count <= AccessLimits.textBytes else {
            throw AccessEntries.Wrong("the text is longer than \(AccessLimits.textBytes) bytes")
        }
        return text
    }
}
