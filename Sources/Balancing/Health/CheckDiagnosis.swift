// SPDX-License-Identifier: Apache-2.0

/// Which side of a server and its balancer is wrong about the PROXY header, as far as the server's words tell.
package enum CheckDiagnosis: Sendable, Equatable {
    /// It took our header for commands.
    case unexpectedHeader
    /// It waited for a header that did not come.
    case missingHeader
    /// It said nothing at all, which a server that waits for a header does too.
    case silence

    /// - Parameters:
    ///   - text: what the server said, with its codes.
    ///   - sentHeader: whether the connection began with a header.
    static func of(_ text: String, sentHeader: Bool) -> CheckDiagnosis? {
        if sentHeader {
            let isUnknownCommand = ["500", "501", "502"].contains { text.hasPrefix($0) }
            let isOutOfTurn = text.hasPrefix("554") && text.lowercased().contains("synchronization")
            return isUnknownCommand || isOutOfTurn ? .unexpectedHeader : nil
        }
        // Postfix's smtpd and postscreen after five seconds without a header.
        let isWaiting =
            text.hasPrefix("421 4.3.0") && text.contains("Server local error")
            || text.hasPrefix("421 4.3.2") && text.contains("No system resources")
        return isWaiting ? .missingHeader : nil
    }

    /// For the `last_chk` column, without commas.
    package var summary: String {
        switch self {
        case .unexpectedHeader: "server does not expect the PROXY header"
        case .missingHeader: "server expects a PROXY header: add send-proxy"
        case .silence: "if the server expects a PROXY header add send-proxy"
        }
    }

    /// What to change, as the end of a sentence that begins with the server.
    package var advice: String {
        switch self {
        case .unexpectedHeader:
            "does not expect the PROXY header; drop send-proxy here or set "
                + "smtpd_upstream_proxy_protocol=haproxy / postscreen_upstream_proxy_protocol=haproxy there"
        case .missingHeader:
            "expects a PROXY header and got none; add send-proxy here or unset "
                + "smtpd_upstream_proxy_protocol / postscreen_upstream_proxy_protocol there"
        case .silence: "says nothing; if it expects a PROXY header, add send-proxy here"
        }
    }
}
