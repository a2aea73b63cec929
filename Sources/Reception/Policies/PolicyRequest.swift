// SPDX-License-Identifier: Apache-2.0

import SMTP

/// What a policy service is told, as Postfix 3.7 tells it (SMTPD_POLICY_README): a line `name=value` for each attribute, then an
/// empty one. What a client has said cannot add a line.
package struct PolicyRequest {
    /// As it goes over the wire.
    package private(set) var text = ""

    /// - Parameter context: smtpd_policy_service_policy_context.
    package init(_ facts: RestrictionFacts, context: String) {
        let session = facts.session
        let isCounted = session.stage == "DATA" || session.stage == "END-OF-MESSAGE"
        add("request", "smtpd_access_policy")
        add("protocol_state", session.stage)
        add("protocol_name", session.isExtended ? "ESMTP" : "SMTP")
        add("client_address", facts.client.addressText)
        add("client_name", facts.client.host.logName)
        add("client_port", facts.client.port > 0 ? "\(facts.client.port)" : "unknown")
        add("reverse_client_name", facts.client.host.logReverseName)
        add("server_address", facts.client.server.isEmpty ? "unknown" : facts.client.server)
        add("server_port", facts.client.serverPort > 0 ? "\(facts.client.serverPort)" : "unknown")
        add("helo_name", facts.hello?.name ?? "")
        add("sender", facts.sender?.address ?? "")
        add("recipient", facts.recipient?.address ?? "")
        add("recipient_count", isCounted ? "\(facts.recipients)" : "0")
        add("queue_id", session.queueID)
        add("instance", session.instance)
        add("size", "\(session.size)")
        for name in ["etrn_domain", "stress", "sasl_method", "sasl_username", "sasl_sender"] { add(name, "") }
        for name in ["subject", "issuer", "fingerprint", "pubkey_fingerprint"] { add("ccert_\(name)", "") }
        add("encryption_protocol", session.encryption?.version ?? "")
        add("encryption_cipher", session.encryption?.cipher?.name ?? "")
        add("encryption_keysize", "\(session.encryption?.cipher?.bits ?? 0)")
        add("policy_context", context)
        text += "\n"
    }

    private mutating func add(_ name: String, _ value: String) {
        let clean = value.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
        text += "\(name)=\(String(decoding: clean, as: UTF8.self))\n"
    }
}
