// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The words about what PROXY headers to servers say (HAProxy configuration manual 5.2).
enum ProxyHeaderKeywords {
    static let server: [Keyword<ServerDraft>] = [
        Keyword(
            "send-proxy-v2-ssl",
            default: "off",
            "As 'send-proxy-v2', with the client's TLS as a proxy in front has said; none where it has not"
        ) { server, _ throws(Finding) in
            server.settings.sendProxy = .v2
            server.settings.add([.ssl])
        },
        Keyword(
            "send-proxy-v2-ssl-cn",
            default: "off",
            "As 'send-proxy-v2-ssl', with the name in the client's certificate"
        ) { server, _ throws(Finding) in
            server.settings.sendProxy = .v2
            server.settings.add([.ssl, .certificateName])
        },
        Keyword(
            "proxy-v2-options",
            "OPTION[,OPTION]...",
            default: "none",
            "What version 2 headers say beside the addresses: ssl, cert-cn, ssl-cipher, cert-sig, cert-key and authority as a"
                + " proxy in front has said, crc32c, unique-id; headers beyond 536 bytes are too long for Postfix"
        ) { server, words throws(Finding) in
            let word = try words.next("options such as 'unique-id,crc32c'")
            for item in word.listed {
                guard let option = ProxyOption(rawValue: item.text) else {
                    let names = ProxyOption.allCases.map(\.rawValue)
                    let hint = NearestWord.hint(for: item.text, among: names)
                    let known = hint.isEmpty ? ": write " + names.joined(separator: ", ") : hint
                    throw Finding(at: item, "'proxy-v2-options' does not know \(item.shown)\(known)")
                }
                server.settings.add([option])
                // The details are inside of the value that 'ssl' sends.
                switch option {
                case .certificateName, .cipher, .signature, .key: server.settings.add([.ssl])
                case .ssl, .authority, .checksum, .uniqueID: break
                }
            }
        },
        Keyword("no-send-proxy-v2-ssl", "Takes back 'send-proxy-v2-ssl'") { server, _ throws(Finding) in
            server.settings.sendProxy = nil
        },
        Keyword("no-send-proxy-v2-ssl-cn", "Takes back 'send-proxy-v2-ssl-cn'") { server, _ throws(Finding) in
            server.settings.sendProxy = nil
        },
    ]

    static let proxy: [Keyword<ProxyDraft>] = [
        Keyword(
            "unique-id-format",
            "FORMAT",
            default: "none",
            in: .clientSide,
            "The session's id in headers to servers with 'proxy-v2-options unique-id': text, %ci %cp %fi %fp %Ts %ms %rt %pid"
                + " %H %ft, %[fc_pp_unique_id], and %{+X}o for hexadecimal numbers"
        ) { proxy, words throws(Finding) in
            let word = try words.next("a format such as %ci:%cp_%Ts_%rt")
            proxy.frontend.uniqueIDFormat = try UniqueIDNotation.read(word)
        }
    ]
}

extension ServerSettings {
    fileprivate mutating func add(_ options: [ProxyOption]) {
        for option in options where !proxyOptions.contains(option) { proxyOptions.append(option) }
    }
}
