// SPDX-License-Identifier: Apache-2.0

import Reception
import SMTP
import TLS

/// Encryption of sessions: Postfix's `smtpd_tls_*` parameters (postconf(5)).
enum TLSKeywords {
    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )

    static let pool: [Keyword<PoolDraft>] = [
        Keyword(
            "smtpd_tls_security_level",
            "none | may | encrypt",
            default: "none",
            "STARTTLS is not offered, offered, or demanded before any mail"
        ) { pool, words throws(Finding) in
            let place = words.peek
            let levels: [(String, SessionEncryption.Policy)] = [("none", .none), ("may", .may), ("encrypt", .encrypt)]
            guard place != nil || !words.isAssignment else {
                pool.settings.tls.level = .none
                return
            }
            pool.settings.tls.level = try words.choice(levels)
            if pool.settings.tls.level != .none { pool.tls.wish = place }
        },
        legacy("smtpd_use_tls", .may),
        legacy("smtpd_enforce_tls", .encrypt),
        Keyword(
            "smtpd_tls_wrappermode",
            "yes | no",
            default: "no",
            "The handshake comes before the greeting, as on port 465; such clients have a pool of their own"
        ) { pool, words throws(Finding) in
            let place = words.peek
            pool.settings.tls.isWrapped = try words.boolean()
            if pool.settings.tls.isWrapped { pool.tls.wish = place }
        },
        Keyword(
            "smtpd_tls_chain_files",
            "FILE...",
            default: "none",
            "PEM files with the private key and the certificates, the server's own before its issuers; looked at once a"
                + " second for a new one"
        ) { pool, words throws(Finding) in
            pool.tls.chain = []
            for item in try words.list("PEM files") { pool.tls.chain.append(try file(item)) }
        },
        Keyword(
            "smtpd_tls_cert_file",
            "FILE",
            default: "none",
            "A PEM file with the certificates, the server's own before its issuers"
        ) { pool, words throws(Finding) in
            pool.tls.certificate = try optionalFile(&words)
        },
        Keyword("smtpd_tls_key_file", "FILE", default: "$smtpd_tls_cert_file", "A PEM file with the private key") {
            pool,
            words throws(Finding) in
            pool.tls.key = try optionalFile(&words)
        },
        protocols("smtpd_tls_protocols", \.settings.tls.protocols, "Versions that are spoken where TLS is optional"),
        protocols(
            "smtpd_tls_mandatory_protocols",
            \.settings.tls.mandatoryProtocols,
            "Versions that are spoken where TLS is demanded"
        ),
        grade("smtpd_tls_ciphers"),
        grade("smtpd_tls_mandatory_ciphers"),
        .number(
            "smtpd_tls_loglevel",
            \.settings.tls.logLevel,
            of: standard,
            in: 0...4,
            "1 and more: a line for each handshake"
        ),
        .boolean(
            "smtpd_tls_received_header",
            \.settings.tls.isInReceivedHeader,
            of: standard,
            "The Received header says which protocol and cipher were used"
        ),
        .time(
            "smtpd_starttls_timeout",
            \.settings.tls.handshakeTimeout,
            of: standard,
            "How long a handshake may take"
        ),
    ]

    private static func legacy(_ name: String, _ level: SessionEncryption.Policy) -> Keyword<PoolDraft> {
        Keyword(
            name,
            "yes | no",
            default: "no",
            "'smtpd_tls_security_level = \(level == .may ? "may" : "encrypt")' by its old name"
        ) { pool, words throws(Finding) in
            let place = words.peek
            guard try words.boolean(), !pool.written.contains("smtpd_tls_security_level") else { return }
            pool.settings.tls.level = level
            pool.tls.wish = place
        }
    }

    private static func optionalFile(_ words: inout Arguments) throws(Finding) -> Word? {
        guard words.peek != nil || !words.isAssignment else { return nil }
        let word = try words.next("a PEM file")
        return word.text.lowercased() == "none" ? nil : try file(word)
    }

    private static func file(_ word: Word) throws(Finding) -> Word {
        guard word.text.hasPrefix("/"), word.text.utf8.count <= 1_024 else {
            throw Finding(at: word, "\(word.shown) is not an absolute path")
        }
        return word
    }

    /// Versions in Postfix's notation, for either section.
    static func protocols<Target>(
        _ name: String,
        _ path: Keyword<Target>.Path<TLSProtocols>,
        _ summary: String
    ) -> Keyword<Target> {
        Keyword(
            name,
            ">=VERSION [<=VERSION] | !VERSION... | VERSION...",
            default: ">=TLSv1.2",
            "\(summary): TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"
        ) { target, words throws(Finding) in
            let items = try words.list("versions such as >=TLSv1.2")
            guard let protocols = TLSProtocols(words: items.map(\.text)) else {
                let text = "these are no versions without a gap between them: write >=TLSv1.2, or !TLSv1 !TLSv1.1"
                throw Finding(at: items.first ?? words.keyword, text)
            }
            target[keyPath: path] = protocols
        }
    }

    /// A grade of ciphers: the library has no weak ones, so that grades make no difference.
    static func grade<Target>(_ name: String) -> Keyword<Target> {
        Keyword(
            name,
            "medium | high",
            default: "medium",
            "Both mean the library's list: AES-GCM, ChaCha20 and AES with forward secrecy first; no RC4, 3DES or NULL"
        ) { _, words throws(Finding) in
            let word = try words.next("'medium' or 'high'")
            switch word.text.lowercased() {
            case "medium", "high": break
            case "export", "low": words.warn(at: word, "\(word.shown) ciphers are not spoken: 'medium' is used")
            default: throw Finding(at: word, "'\(name)' takes medium or high, not \(word.shown)")
            }
        }
    }
}
