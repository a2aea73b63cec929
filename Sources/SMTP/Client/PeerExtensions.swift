// SPDX-License-Identifier: Apache-2.0

/// What a server offered in its reply to EHLO, as far as the client makes use of it (RFC 5321 section 4.1.1.1).
package struct PeerExtensions: Sendable, Equatable {
    /// PIPELINING (RFC 2920).
    package var pipelining = false
    /// 8BITMIME (RFC 6152).
    package var eightBitMIME = false
    /// ENHANCEDSTATUSCODES (RFC 2034).
    package var enhancedStatusCodes = false
    /// STARTTLS (RFC 3207).
    package var startTLS = false
    /// SIZE (RFC 1870): whether MAIL may say the size.
    package var size = false
    /// The attributes of XFORWARD (Postfix: XFORWARD_README); empty: the server does not take it.
    package var forwarding: Set<String> = []
    /// The largest message the server takes, in bytes; nil when it does not say.
    package var sizeLimit: Int?

    /// A server that offers nothing: what HELO gives.
    package init() {}

    /// Reads the lines of a positive reply to EHLO; the first is the server's name. Unknown words are skipped.
    package init(_ reply: Reply) {
        for line in reply.lines.dropFirst() {
            let words = line.split(separator: " ", maxSplits: 2)
            guard let keyword = words.first else { continue }
            switch keyword.uppercased() {
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBitMIME = true
            case "ENHANCEDSTATUSCODES": enhancedStatusCodes = true
            case "XFORWARD": forwarding = Set(line.split(separator: " ").dropFirst().map { $0.uppercased() })
            case "STARTTLS": startTLS = true
            case "SIZE":
                size = true
                sizeLimit = words.count > 1 ? Int(words[1]).flatMap { $0 > 0 ? $0 : nil } : nil
            default: break
            }
        }
    }
}
