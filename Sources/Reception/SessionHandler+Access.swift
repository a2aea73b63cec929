// SPDX-License-Identifier: Apache-2.0

/// What the access list says of the client before the greeting.
extension SessionHandler {
    /// Looks the client up in `postscreen_access_list`; what becomes of it is in `denial` then.
    func screen() {
        guard !pool.screening.isEmpty else { return }
        log.screened(
            "CONNECT from \(client.endpoint) to [\(client.server.isEmpty ? "unknown" : client.server)]:\(client.serverPort)"
        )
        switch pool.screening.verdict(on: client, isTrusted: isTrusted) {
        case .permit:
            log.screened("ALLOWLISTED \(client.endpoint)")
        case .reject:
            log.screened("DENYLISTED \(client.endpoint)")
            denial = pool.settings.denylistAction
        case .dunno, .unavailable:
            break
        }
    }

    /// Whether the session is one that Postfix would never hand to smtpd: it goes under postscreen's name in the log.
    var isDenied: Bool {
        switch denial {
        case .ignore: screening?.refusal != nil
        case .enforce, .drop: true
        }
    }

    /// Whether the session goes under postscreen's name in the log, because it is refused or its tests are not over.
    var isScreened: Bool { isDenied || screening != nil }
}
