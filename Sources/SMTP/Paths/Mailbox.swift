// SPDX-License-Identifier: Apache-2.0

/// An address as an envelope carries it: a local part and, nearly always, a domain (RFC 5321 section 4.1.2).
package struct Mailbox: Sendable, Hashable {
    /// The address without angle brackets and source route, spelled as the client spelled it.
    package let address: String
    /// The domain in lower case without a trailing dot; empty when the address has none, such as `postmaster`.
    package let domain: String
    /// Whether the local part names another site (`user%site`, `site!user`, `user@site`): such an address is never
    /// one of our relay domains' (Postfix: sender-specified routing).
    package let hasRoute: Bool

    /// Bytes of an address at most; RFC 5321 4.5.3.1.3 asks for 256 with the brackets, real ones are a bit longer.
    package static let limit = 512

    /// Parses what stands between the angle brackets; nil for anything that is no address.
    init?(_ text: Substring) {
        guard let bare = Mailbox.withoutSourceRoute(text), !bare.isEmpty, bare.utf8.count <= Mailbox.limit else {
            return nil
        }
        var scan = MailboxScan()
        for byte in bare.utf8 {
            guard scan.accept(byte) else { return nil }
        }
        guard scan.isComplete else { return nil }
        guard let at = scan.lastAt else {
            address = String(bare)
            domain = ""
            hasRoute = scan.sawRoute
            return
        }
        let utf8 = bare.utf8
        let index = utf8.index(utf8.startIndex, offsetBy: at)
        var name = bare[utf8.index(after: index)...]
        if name.utf8.last == UInt8(ascii: "."), name.utf8.count > 1 { name = name.dropLast() }
        guard at > 0, Mailbox.isDomain(name) else { return nil }
        address = String(bare)
        domain =
            name.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
            ? name.lowercased() : String(name)
        hasRoute = scan.sawRoute || scan.ats > 1
    }

    /// `@a,@b:user@c` is `user@c` (RFC 5321 appendix C: accept and ignore); nil when the route has no end.
    private static func withoutSourceRoute(_ text: Substring) -> Substring? {
        guard text.utf8.first == UInt8(ascii: "@") else { return text }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return text[text.utf8.index(after: colon)...]
    }

    /// Letters, digits, hyphens, underscores and dots, no empty label; or an address literal in brackets.
    private static func isDomain(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 255 else { return false }
        if first == UInt8(ascii: "[") {
            return name.utf8.last == UInt8(ascii: "]") && name.utf8.count > 2
        }
        var previous = UInt8(ascii: ".")
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                break
            case UInt8(ascii: ".") where previous != UInt8(ascii: "."):
                break
            default:
                return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }
}

/// Walks over an address byte by byte: quoting, forbidden bytes, and where the domain begins.
private struct MailboxScan {
    /// The offset of the last `@` outside quotes.
    var lastAt: Int?
    /// How many `@` stand outside quotes.
    var ats = 0
    /// Whether a `%`, `!`, or a quoted `@` was seen.
    var sawRoute = false
    private var offset = 0
    private var quoted = false
    private var escaped = false

    /// Whether quotes and escapes are closed.
    var isComplete: Bool { !quoted && !escaped }

    /// Takes the next byte; false when it cannot stand in an address.
    mutating func accept(_ byte: UInt8) -> Bool {
        defer { offset += 1 }
        guard byte >= 0x20, byte < 0x7F else { return false }
        if escaped {
            escaped = false
            if byte == UInt8(ascii: "@") { sawRoute = true }
            return true
        }
        switch byte {
        case UInt8(ascii: "\\"):
            escaped = true
        case UInt8(ascii: "\""):
            quoted.toggle()
        case UInt8(ascii: "@"):
            if quoted {
                sawRoute = true
            } else {
                lastAt = offset
                ats += 1
            }
        case UInt8(ascii: "%"), UInt8(ascii: "!"):
            sawRoute = true
        case UInt8(ascii: " "), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: ","), UInt8(ascii: ";"):
            return quoted
        default:
            break
        }
        return true
    }
}
