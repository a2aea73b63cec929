// SPDX-License-Identifier: Apache-2.0

/// A host that takes a domain's mail, and how soon to try it (RFC 5321 section 5.1).
package struct MailExchanger: Sendable, Hashable {
    /// Lower is tried first.
    package let preference: UInt16
    /// The host; the root in a null MX.
    package let host: DomainName

    /// One MX record.
    package init(preference: UInt16, host: DomainName) {
        self.preference = preference
        self.host = host
    }

    /// Reads an MX record; nil when its data is not one.
    package init?(data: [UInt8]) {
        guard data.count >= 3 else { return nil }
        var position = 2
        guard let host = DomainName(wire: data, at: &position), position == data.count else { return nil }
        self.init(preference: UInt16(data[0]) << 8 | UInt16(data[1]), host: host)
    }
}

extension Resolved<MailExchanger> {
    /// Whether the domain says that it takes no mail: one exchanger, the root (RFC 7505 section 3).
    package var isNullMX: Bool {
        records.count == 1 && malformed == 0 && records[0].host.isRoot
    }
}
