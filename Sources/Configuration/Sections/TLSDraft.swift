// SPDX-License-Identifier: Apache-2.0

import Reception
import TLS

/// Owns the files of a pool's certificate while the section is read.
struct TLSDraft {
    /// smtpd_tls_chain_files; they win over the two others, as in Postfix.
    var chain: [Word] = []
    var certificate: Word?
    var key: Word?
    /// Where encryption was asked for.
    var wish: Word?

    /// The PEM files in the order in which they are read, each once.
    var files: [Word] {
        guard chain.isEmpty else { return chain }
        let key = key?.text == certificate?.text ? nil : key
        return [certificate, key].compactMap { $0 }
    }
}

/// Owns the look at the certificates that pools name, so that their mistakes come with the place of their names. They are
/// warnings: a pool without a certificate takes mail in clear text.
enum CertificateCheck {
    static func check(
        _ pools: [PoolDraft],
        read: ((String) throws -> [UInt8])?,
        _ findings: inout Findings
    ) {
        for pool in pools where pool.settings.tls.isWanted {
            let files = pool.tls.files
            guard !files.isEmpty else {
                let text = "there is no certificate ('smtpd_tls_chain_files'): TLS is not available"
                if !pool.written.contains("smtpd_tls_chain_files"), !pool.written.contains("smtpd_tls_cert_file") {
                    findings.warn(at: pool.tls.wish ?? pool.name, text)
                }
                continue
            }
            guard let read else { continue }
            var texts: [[UInt8]] = []
            for file in files {
                do {
                    texts.append(try read(file.text))
                } catch {
                    findings.warn(at: file, "the certificate cannot be read: \(error): TLS is not available")
                    break
                }
            }
            guard texts.count == files.count else { continue }
            do throws(ServerIdentity.Problem) {
                _ = try ServerIdentity(
                    files: texts,
                    names: files.map(\.text),
                    protocols: pool.settings.tls.protocols
                )
            } catch {
                let place = files.indices.contains(error.file) ? files[error.file] : pool.name
                findings.warn(at: place, "\(error): TLS is not available")
            }
        }
    }
}
