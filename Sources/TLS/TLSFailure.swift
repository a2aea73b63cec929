// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// Why an encrypted connection failed, in the words of mail logs.
package struct TLSFailure: Sendable, Equatable {
    /// What happened.
    package enum Kind: Sendable, Equatable {
        /// The peer went away in the middle of the handshake.
        case lost
        /// The handshake failed, on either side.
        case handshake
        /// The peer's certificate does not belong to the host we meant.
        case wrongName
        /// The peer closed the connection without saying so first, as many do.
        case unclean
        /// The encryption broke after the handshake.
        case broken
    }

    /// What the log line and the counters go by.
    package var kind: Kind
    /// What the library says: `error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER`; may be empty.
    package var detail: String

    /// Nil for an error that is not the encryption's.
    package init?(_ error: any Error) {
        switch error {
        case let error as NIOSSLError:
            switch error {
            case .uncleanShutdown: self.init(.unclean)
            case .handshakeFailed(let cause): self.init(handshake: cause)
            case .shutdownFailed(let cause): self.init(.broken, TLSFailure.text(of: cause))
            default: self.init(.handshake, "\(error)")
            }
        case let error as BoringSSLError: self.init(.broken, TLSFailure.text(of: error))
        case let error as NIOSSLExtraError:
            self.init(error == .failedToValidateHostname ? .wrongName : .handshake, "\(error)")
        case is NIOSSLCloseTimedOutError, is NIOTLSUnwrappingError: self.init(.unclean)
        default: return nil
        }
    }

    /// What stands behind `SSL_accept error from HOST: ` in Postfix's log.
    package var reason: String { kind == .lost ? "lost connection" : "-1" }

    /// For people: `the peer's certificate is not trusted (...)`.
    package var explanation: String {
        switch kind {
        case .lost: "the connection was lost"
        case .unclean: "the connection was cut"
        case .wrongName: "the certificate is not for this host"
        case .handshake, .broken:
            detail.contains("CERTIFICATE_VERIFY_FAILED")
                ? "the certificate is not trusted (\(detail))" : detail.isEmpty ? "unknown error" : detail
        }
    }

    private init(handshake cause: BoringSSLError) {
        if case .sslError(let stack) = cause, stack.contains(.eofDuringHandshake) {
            self.init(.lost)
        } else {
            self.init(.handshake, TLSFailure.text(of: cause))
        }
    }

    private init(_ kind: Kind, _ detail: String = "") {
        self.kind = kind
        self.detail = detail
    }

    /// The first error of the stack without the library's own file and line.
    private static func text(of error: BoringSSLError) -> String {
        switch error {
        case .sslError(let stack), .unknownError(let stack), .invalidSNIName(let stack), .failedToSetALPN(let stack):
            guard let first = stack.first else { return "\(error)" }
            let words = first.description.split(separator: " ")
            guard let start = words.firstIndex(where: { $0.hasPrefix("error:") }) else { return first.description }
            return words[start...].prefix { $0 != "at" }.joined(separator: " ")
        case .noError, .zeroReturn, .wantRead, .wantWrite, .wantConnect, .wantAccept, .wantX509Lookup,
            .wantCertificateVerify, .syscallError:
            return "\(error)"
        }
    }
}
