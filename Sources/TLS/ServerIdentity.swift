// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// What a server shows its clients: a chain of certificates and the key to the first, ready to encrypt with.
package struct ServerIdentity: Sendable {
    /// Why the files cannot be used.
    package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        /// The place of the file in the list that was given.
        package var file: Int
        package var description: String

        /// `file` is a place in the list that was given, from 0.
        package init(file: Int, _ description: String) {
            self.file = file
            self.description = description
        }
    }

    /// Of the server's own certificate.
    package let certificate: CertificateFacts
    let context: NIOSSLContext

    /// - Parameters:
    ///   - files: PEM texts that hold the key and the certificates together, the server's own before the others.
    ///   - names: how the files are called, for messages.
    package init(files: [[UInt8]], names: [String], protocols: TLSProtocols) throws(Problem) {
        var chain: [NIOSSLCertificate] = []
        var key: NIOSSLPrivateKey?
        for (index, bytes) in files.enumerated() {
            let name = index < names.count ? names[index] : "file \(index + 1)"
            let text = String(decoding: bytes, as: UTF8.self)
            let hasCertificate = text.contains("-----BEGIN CERTIFICATE-----")
            let hasKey = text.contains("PRIVATE KEY-----")
            guard hasCertificate || hasKey else {
                throw Problem(file: index, "\(name): neither a certificate nor a private key in PEM form")
            }
            if hasCertificate {
                do {
                    chain += try NIOSSLCertificate.fromPEMBytes(bytes)
                } catch { throw Problem(file: index, "\(name): the certificate is damaged") }
            }
            if hasKey, key == nil {
                guard !text.contains("ENCRYPTED") else {
                    throw Problem(file: index, "\(name): the private key is protected by a passphrase")
                }
                do {
                    key = try NIOSSLPrivateKey(bytes: bytes, format: .pem)
                } catch { throw Problem(file: index, "\(name): the private key is damaged") }
            }
        }
        guard let own = chain.first else { throw Problem(file: 0, "\(names.first ?? ""): there is no certificate") }
        guard let key else {
            throw Problem(file: max(0, files.count - 1), "\(names.last ?? ""): there is no private key")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = protocols.lowest.library
        configuration.maximumTLSVersion = protocols.highest.library
        configuration.certificateVerification = .none
        configuration.shutdownTimeout = TLSConnection.shutdownTimeout
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            let reason =
                error as? NIOSSLError == .failedToLoadPrivateKey ? "does not belong to the certificate" : "\(error)"
            throw Problem(file: max(0, files.count - 1), "\(names.last ?? ""): the private key \(reason)")
        }
        certificate = CertificateFacts(own)
    }
}
