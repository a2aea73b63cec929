// SPDX-License-Identifier: Apache-2.0

/// A cipher suite by the names and key lengths that mail logs know it by (OpenSSL's).
package struct CipherSuite: Sendable, Equatable {
    /// The number on the wire (IANA TLS Cipher Suites).
    package let number: UInt16

    /// Any number will do; one that nobody knows has neither name nor bits.
    package init(_ number: UInt16) { self.number = number }

    /// `TLS_AES_256_GCM_SHA384`, `ECDHE-RSA-AES128-GCM-SHA256`; a number in hexadecimal digits for one that is unknown.
    package var name: String {
        CipherSuite.known[number]?.name ?? "0x" + String(number, radix: 16, uppercase: true)
    }

    /// Bits of the key; 0 for a suite that is unknown.
    package var bits: Int { CipherSuite.known[number]?.bits ?? 0 }

    /// What the library can speak.
    private static let known: [UInt16: (name: String, bits: Int)] = [
        0x1301: ("TLS_AES_128_GCM_SHA256", 128), 0x1302: ("TLS_AES_256_GCM_SHA384", 256),
        0x1303: ("TLS_CHACHA20_POLY1305_SHA256", 256),
        0x002F: ("AES128-SHA", 128), 0x0035: ("AES256-SHA", 256),
        0x009C: ("AES128-GCM-SHA256", 128), 0x009D: ("AES256-GCM-SHA384", 256),
        0xC009: ("ECDHE-ECDSA-AES128-SHA", 128), 0xC00A: ("ECDHE-ECDSA-AES256-SHA", 256),
        0xC013: ("ECDHE-RSA-AES128-SHA", 128), 0xC014: ("ECDHE-RSA-AES256-SHA", 256),
        0xC023: ("ECDHE-ECDSA-AES128-SHA256", 128), 0xC027: ("ECDHE-RSA-AES128-SHA256", 128),
        0xC02B: ("ECDHE-ECDSA-AES128-GCM-SHA256", 128), 0xC02C: ("ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        0xC02F: ("ECDHE-RSA-AES128-GCM-SHA256", 128), 0xC030: ("ECDHE-RSA-AES256-GCM-SHA384", 256),
        0xCCA8: ("ECDHE-RSA-CHACHA20-POLY1305", 256), 0xCCA9: ("ECDHE-ECDSA-CHACHA20-POLY1305", 256),
    ]
}

/// What two sides have agreed upon, as log lines and trace headers say it.
package struct EncryptionFacts: Sendable, Equatable, CustomStringConvertible {
    /// `TLSv1.3`
    package var version: String
    /// Nil when the server's choice was not seen.
    package var cipher: CipherSuite?
    /// `X25519`: the group of the key exchange, which TLS 1.3 shows.
    package var group: String?

    /// What a handshake came to.
    package init(version: String, cipher: CipherSuite?, group: String? = nil) {
        self.version = version
        self.cipher = cipher
        self.group = group
    }

    /// `TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`
    package var summary: String {
        guard let cipher else { return version }
        return "\(version) with cipher \(cipher.name) (\(cipher.bits)/\(cipher.bits) bits)"
    }

    /// The same with the key exchange, as Postfix's log has it.
    package var description: String { summary + (group.map { " key-exchange \($0)" } ?? "") }
}
