// SPDX-License-Identifier: Apache-2.0

import Balancing

/// What a `server` line says about encrypted checks (HAProxy configuration manual 5.2).
enum CheckTLSKeywords {
    static let all: [Keyword<ServerDraft>] = [
        Keyword("check-ssl", default: "off", "Checks are encrypted from their start, after a PROXY header") {
            server,
            _ throws(Finding) in
            server.settings.checkTLS.isWanted = true
        },
        Keyword("no-check-ssl", "Takes back 'check-ssl'") { server, _ throws(Finding) in
            server.settings.checkTLS.isWanted = false
        },
        Keyword(
            "verify",
            "none | required",
            default: "must be said with 'check-ssl'; none with 'starttls'",
            "Whether checks fail when nobody of 'ca-file' has signed the server's certificate"
        ) { server, words throws(Finding) in
            server.settings.checkTLS.verifies = try words.choice([("none", false), ("required", true)])
        },
        Keyword("ca-file", "FILE", default: "the system's", "A PEM file of those whose signature is trusted") {
            server,
            words throws(Finding) in
            let word = try words.next("a PEM file")
            guard word.text.hasPrefix("/"), word.text.utf8.count <= 1_024 else {
                throw Finding(at: word, "\(word.shown) is not an absolute path")
            }
            server.settings.checkTLS.authorities = word.text
        },
        Keyword("check-sni", "NAME", default: "the server's address, if it is a name", "The name that checks ask for") {
            server,
            words throws(Finding) in
            server.settings.checkTLS.name = try words.hostName()
        },
        Keyword("verifyhost", "NAME", default: "any", "The name that the certificate must have") {
            server,
            words throws(Finding) in
            server.settings.checkTLS.verifiedName = try words.hostName()
        },
    ]
}
