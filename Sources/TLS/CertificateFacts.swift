// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// What people want to know of a certificate.
package struct CertificateFacts: Sendable, Equatable {
    /// The subject's common name; empty when it has none. A peer wrote it.
    package var commonName = ""
    /// The host names and addresses it is for. A peer wrote them.
    package var names: [String] = []
    /// Seconds since 1970.
    package var notBefore: Int64
    /// Seconds since 1970; the certificate counts up to this second.
    package var notAfter: Int64

    /// why: the library shows the subject in a certificate's description only.
    init(_ certificate: NIOSSLCertificate) {
        notBefore = Int64(certificate.notValidBefore)
        notAfter = Int64(certificate.notValidAfter)
        let text = certificate.description
        if let start = text.firstRange(of: ";common_name=")?.upperBound {
            let rest = text[start...]
            let end = rest.firstRange(of: ";alternative_names=")?.lowerBound ?? rest.lastIndex(of: ">") ?? rest.endIndex
            commonName = CertificateFacts.printable(rest[..<end])
        }
        if let start = text.firstRange(of: ";alternative_names=")?.upperBound {
            let rest = text[start...]
            let list = rest[..<(rest.lastIndex(of: ">") ?? rest.endIndex)]
            names = list.split(separator: ",").prefix(20).map { CertificateFacts.printable($0) }
        }
    }

    /// Whether it counts at a time in seconds since 1970.
    package func isValid(at time: Int64) -> Bool { (notBefore...max(notBefore, notAfter)).contains(time) }

    private static func printable(_ text: Substring) -> String {
        String(text.unicodeScalars.prefix(200).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
    }
}
