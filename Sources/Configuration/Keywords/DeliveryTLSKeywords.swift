// SPDX-License-Identifier: Apache-2.0

import Delivery
import TLS

/// Encryption of deliveries: Postfix's `smtp_tls_*` parameters (postconf(5)).
enum DeliveryTLSKeywords {
    private static let standard = QueueDraft()

    static let all: [Keyword<QueueDraft>] = [
        Keyword(
            "smtp_tls_security_level",
            "none | may | encrypt | verify | secure",
            default: "none",
            "Mail is encrypted never; where the next hop can, and in clear text for a while after a handshake that failed;"
                + " always; always, to a host whose certificate is trusted and has its name"
        ) { queue, words throws(Finding) in
            guard let word = words.peek else {
                if !words.isAssignment { throw Finding(at: words.keyword, "'smtp_tls_security_level' needs a level") }
                queue.delivery.tls.level = .none
                return
            }
            if ["dane", "dane-only", "fingerprint"].contains(word.text.lowercased()) {
                let text = "\(word.shown) is not supported by this version: write may, encrypt, verify or secure"
                throw Finding(at: word, text)
            }
            let levels = DeliveryTLSSettings.Level.allCases.map { ($0.rawValue, $0) }
            queue.delivery.tls.level = try words.choice(levels)
        },
        legacy("smtp_use_tls", .may),
        legacy("smtp_enforce_tls", .verify),
        .boolean(
            "smtp_tls_wrappermode",
            \.delivery.tls.isWrapped,
            of: standard,
            "The handshake comes before the greeting, as on port 465"
        ),
        authorities("smtp_tls_CAfile", "A PEM file of those whose signature is trusted, for verify and secure"),
        authorities("smtp_tls_CApath", "The same as a folder whose files are named by hash"),
        TLSKeywords.protocols(
            "smtp_tls_protocols",
            \.delivery.tls.protocols,
            "Versions that are spoken where TLS is optional"
        ),
        TLSKeywords.protocols(
            "smtp_tls_mandatory_protocols",
            \.delivery.tls.mandatoryProtocols,
            "Versions that are spoken where TLS is demanded"
        ),
        TLSKeywords.grade("smtp_tls_ciphers"),
        TLSKeywords.grade("smtp_tls_mandatory_ciphers"),
        .number(
            "smtp_tls_loglevel",
            \.delivery.tls.logLevel,
            of: standard,
            in: 0...4,
            "1 and more: a line for each handshake"
        ),
        .time(
            "smtp_starttls_timeout",
            \.delivery.tls.handshakeTimeout,
            of: standard,
            "How long STARTTLS, and then the handshake, may take"
        ),
    ]

    private static func legacy(_ name: String, _ level: DeliveryTLSSettings.Level) -> Keyword<QueueDraft> {
        Keyword(name, "yes | no", default: "no", "'smtp_tls_security_level = \(level.rawValue)' by its old name") {
            queue,
            words throws(Finding) in
            guard try words.boolean(), !queue.written.contains("smtp_tls_security_level") else { return }
            queue.delivery.tls.level = level
        }
    }

    private static func authorities(_ name: String, _ summary: String) -> Keyword<QueueDraft> {
        Keyword(name, "FILE", default: "the system's", summary) { queue, words throws(Finding) in
            guard words.peek != nil || !words.isAssignment else { return }
            let word = try words.next("a path")
            guard word.text.hasPrefix("/"), word.text.utf8.count <= 1_024 else {
                throw Finding(at: word, "\(word.shown) is not an absolute path")
            }
            queue.delivery.tls.authorities = word.text
        }
    }
}
