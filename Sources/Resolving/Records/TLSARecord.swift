// SPDX-License-Identifier: Apache-2.0

/// How to recognise the certificate of a TLS server (RFC 6698 section 2.1). Worth something only when the answer is secure.
package struct TLSARecord: Sendable, Hashable {
    /// 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE (RFC 7218); others are unusable.
    package let usage: UInt8
    /// 0 the certificate, 1 its public key.
    package let selector: UInt8
    /// 0 the bytes themselves, 1 their SHA-256, 2 their SHA-512.
    package let matching: UInt8
    /// What the selected bytes, or their digest, must be.
    package let association: [UInt8]

    /// One TLSA record, whatever its numbers; who uses it decides what is unusable.
    package init(usage: UInt8, selector: UInt8, matching: UInt8, association: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.association = association
    }

    /// Reads a TLSA record; nil when there is no association data.
    package init?(data: [UInt8]) {
        guard data.count >= 4 else { return nil }
        self.init(usage: data[0], selector: data[1], matching: data[2], association: Array(data[3...]))
    }
}
