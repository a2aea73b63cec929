// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// How a client looks at a server's certificate.
package struct ClientPolicy: Sendable, Hashable {
    /// What a certificate must be.
    package enum Verification: Sendable, Hashable {
        /// Anybody's is good enough.
        case none
        /// Somebody we trust must have signed it.
        case chain
        /// And it must be for the host we meant.
        case name
    }

    /// What the server's certificate must be.
    package var verification = Verification.none
    /// A PEM file, or a folder of them named by hash, of those we trust; nil: whom the system trusts.
    package var authorities: String?
    /// Versions that the client offers.
    package var protocols = TLSProtocols()

    package init() {}

    /// What connections are encrypted with. Reads files: not for an event loop where `verification` is not `none`.
    ///
    /// - Throws: a text for people in `ServerIdentity.Problem`.
    package func context() throws(ServerIdentity.Problem) -> ClientContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = protocols.lowest.library
        configuration.maximumTLSVersion = protocols.highest.library
        configuration.shutdownTimeout = TLSConnection.shutdownTimeout
        switch verification {
        case .none: configuration.certificateVerification = .none
        case .chain: configuration.certificateVerification = .noHostnameVerification
        case .name: configuration.certificateVerification = .fullVerification
        }
        if let authorities { configuration.trustRoots = .file(authorities) }
        do {
            return ClientContext(context: try NIOSSLContext(configuration: configuration), policy: self)
        } catch {
            throw ServerIdentity.Problem(
                file: 0,
                "\(authorities ?? "the system's certificate authorities"): no certificates can be read"
            )
        }
    }
}

/// A client's policy, ready to encrypt with.
package struct ClientContext: Sendable {
    let context: NIOSSLContext
    /// What it was made for.
    package let policy: ClientPolicy
}
