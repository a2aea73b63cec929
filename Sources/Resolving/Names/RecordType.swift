// SPDX-License-Identifier: Apache-2.0

/// The type of the records asked for, by its number in the DNS.
package struct RecordType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address (RFC 1035 section 3.4.1).
    package static let a = RecordType(rawValue: 1)
    /// A name for an address (RFC 1035 section 3.3.12).
    package static let ptr = RecordType(rawValue: 12)
    /// A mail exchanger (RFC 1035 section 3.3.9).
    package static let mx = RecordType(rawValue: 15)
    /// Text (RFC 1035 section 3.3.14).
    package static let txt = RecordType(rawValue: 16)
    /// An IPv6 address (RFC 3596).
    package static let aaaa = RecordType(rawValue: 28)
    /// How to recognise a certificate (RFC 6698).
    package static let tlsa = RecordType(rawValue: 52)
}

extension RecordType: CustomStringConvertible {
    /// The mnemonic, or `TYPE99` (RFC 3597 section 5).
    package var description: String {
        switch self {
        case .a: "A"
        case .ptr: "PTR"
        case .mx: "MX"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .tlsa: "TLSA"
        default: "TYPE\(rawValue)"
        }
    }
}
