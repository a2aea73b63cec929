// SPDX-License-Identifier: Apache-2.0

/// A block or allow list with the answers that count and their weight: `domain[=filter][*weight]`
/// (Postfix: postscreen_dnsbl_sites).
package struct BlocklistSite: Sendable, Hashable {
    /// The list's zone.
    package let zone: DomainName
    /// The answers that count; nil: all.
    package let filter: BlocklistFilter?
    /// What a match adds to the client's score, once however many answers match; negative for an allow list.
    package let weight: Int32

    /// Why a text is no site, in words for a diagnostic.
    package enum ParseError: Error, Sendable, Equatable {
        /// What stands in front of `=` and `*` is no name.
        case domain(String)
        /// What stands behind `=` is no filter.
        case filter(String)
        /// What stands behind `*` is no weight.
        case weight(String)
    }

    /// A site as settings have it; the notation is checked by the other one.
    package init(zone: DomainName, filter: BlocklistFilter? = nil, weight: Int32 = 1) {
        self.zone = zone
        self.filter = filter
        self.weight = weight
    }

    /// Parses the notation. A weight lies between -1000000 and 1000000, so that no sum of them overflows.
    package init(_ text: String) throws(ParseError) {
        var rest = text[...]
        var weight: Int32 = 1
        if let star = rest.firstIndex(of: "*") {
            let digits = rest[rest.index(after: star)...]
            guard let value = Int32(digits), -1_000_000...1_000_000 ~= value else { throw .weight(String(digits)) }
            weight = value
            rest = rest[..<star]
        }
        var filter: BlocklistFilter?
        if let sign = rest.firstIndex(of: "=") {
            let pattern = rest[rest.index(after: sign)...]
            filter = BlocklistFilter(pattern)
            if filter == nil { throw .filter(String(pattern)) }
            rest = rest[..<sign]
        }
        guard let zone = DomainName(rest), HostAddress(rest) == nil, zone.text.utf8.allSatisfy(Self.isHostByte) else {
            throw .domain(String(rest))
        }
        self.init(zone: zone, filter: filter, weight: weight)
    }

    /// Whether a list's answers are a listing. Codes that say that the list refused to answer never are, and without a
    /// filter only 127.0.0.0/8 is: a zone that was abandoned or rewritten answers every query with some other address.
    package func matches(_ answers: some Sequence<HostAddress>) -> Bool {
        answers.contains { answer in
            switch BlocklistCode(answer) {
            case .listed: filter?.matches(answer) ?? true
            case .refusal: false
            case .foreign: filter?.matches(answer) ?? false
            }
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default:
            false
        }
    }
}

/// What one answer of a block list means.
enum BlocklistCode: Equatable {
    /// In 127.0.0.0/8 (RFC 5782 section 2.1).
    case listed
    /// In 127.255.255.0/24: the list will not answer this asker (public resolver, over quota, typing error).
    case refusal
    /// Any other address.
    case foreign

    init(_ answer: HostAddress) {
        guard let value = answer.ipv4, value >> 24 == 127 else {
            self = .foreign
            return
        }
        self = value >> 8 == 0x7F_FF_FF ? .refusal : .listed
    }
}
