// SPDX-License-Identifier: Apache-2.0

import TLS

/// What a `server` line says about encrypted checks (HAProxy configuration manual 5.2).
package struct CheckTLSSettings: Sendable, Equatable {
    /// `check-ssl`: the handshake comes first, after a PROXY header.
    package var isWanted = false
    /// `verify required`, `verify none`; nil: neither was said.
    package var verifies: Bool?
    /// `ca-file`: a PEM file; nil: the system's.
    package var authorities: String?
    /// `check-sni`: the name that the server is told; nil: the one it is reached by.
    package var name: String?
    /// `verifyhost`: the name that its certificate must have.
    package var verifiedName: String?

    package init() {}
}

/// How one server's checks are encrypted, ready for use.
struct CheckTLS: Sendable {
    /// Whether STARTTLS begins it, in the middle of the dialogue.
    var startsLater: Bool
    /// The name for SNI and certificate.
    var name: String
    /// What to encrypt with, or why that is not possible.
    var context: Result<ClientContext, ServerIdentity.Problem>

    /// Nil where checks are not encrypted. May read the file of authorities.
    init?(_ server: ServerSettings, in backend: BackendSettings) {
        let settings = server.checkTLS
        var isSMTP = false
        if case .smtp = backend.checkMethod { isSMTP = true }
        guard settings.isWanted || (isSMTP && backend.checksStartTLS) else { return nil }
        startsLater = !settings.isWanted
        var host = ""
        if case .tcp(let name, _) = server.target { host = name }
        name = settings.verifiedName ?? settings.name ?? host
        var policy = ClientPolicy()
        if settings.verifies == true {
            policy.verification = settings.verifiedName == nil ? .chain : .name
            policy.authorities = settings.authorities
        }
        do throws(ServerIdentity.Problem) {
            context = .success(try policy.context())
        } catch {
            context = .failure(error)
        }
    }
}
