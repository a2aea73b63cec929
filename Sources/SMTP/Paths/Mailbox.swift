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

    /// The address as tables are asked for it: however it was spelled, its local part has no quotes and backslashes, and its
    /// domain is `domain` (Postfix: the internal form).
    package var unquoted: String {
        let special: (UInt8) -> Bool = { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        guard address.utf8.contains(where: special) || address.utf8.last == UInt8(ascii: ".") else { return address }
        // why: a domain has no at sign.
        let at = domain.isEmpty ? nil : address.utf8.lastIndex(of: UInt8(ascii: "@"))
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in address.utf8[..<(at ?? address.endIndex)] {
            if isEscaped || !special(byte) { plain.append(byte) }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        }
        let local = String(decoding: plain, as: UTF8.self)
        return at == nil ? local : "\(local)@\(domain)"
    }

    /// `@a,@b:user@c` is `user@c` (RFC 5321 appendix C: accept and ignore); nil when the route has no end.
    private static func withoutSourceRoute(_ text: Substring) -> Substring? {
        guard text.utf8.first == UInt8(ascii: "@") else { return text }
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return text[text.utf8.index(after: colon)...]
    }

    /// Letters, digits, hyphens, underscores and dots, no empty label; or these and colons in brackets, as an address literal.
    private static func isDomain(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 255 else { return false }
        if first == UInt8(ascii: "[") {
            return name.utf8.last == UInt8(ascii: "]") && name.utf8.count > 2
                && name.utf8.dropFirst().dropLast().allSatisfy { isDomainByte($0) || $0 == UInt8(ascii: ":") }
        }
        let dot = UInt8(ascii: ".")
        var previous = dot
        for byte in name.utf8 {
            guard isDomainByte(byte), byte != dot || previous != dot else { return false }
            previous = byte
        }
        return previous != dot
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
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
