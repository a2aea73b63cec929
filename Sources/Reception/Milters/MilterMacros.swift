// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// Which macros go along with which event, and what the names stand for (Postfix: milter_*_macros, MILTER_README).
package struct MilterMacros: Sendable, Equatable {
    /// What the names can stand for; what is nil or empty is not sent, as in Postfix.
    package struct Values: Sendable, Equatable {
        /// `j`: myhostname.
        package var hostname = ""
        /// `{daemon_name}`: milter_macro_daemon_name.
        package var daemonName = ""
        /// `v`: the name of this program.
        package var version = ""
        /// `{client_addr}`; nil: nobody vouches for one.
        package var client: IPAddress?
        /// `{client_port}`; 0 where it is not known.
        package var clientPort = 0
        /// `{client_name}`: the name that is believed.
        package var clientName = "unknown"
        /// `{client_ptr}`: the name at the address, believed or not.
        package var clientPointer = "unknown"
        /// `OK`, `FAIL`, `TEMP` or `FORGED`.
        package var clientResolve = "FAIL"
        /// `{daemon_addr}`: the address the client connected to.
        package var server = ""
        /// `{daemon_port}`.
        package var serverPort = 0
        /// `i`: from MAIL on.
        package var queueID: String?
        /// `{mail_addr}`: empty for the null sender, nil before MAIL.
        package var sender: String?
        /// `{rcpt_addr}`: the recipient in hand.
        package var recipient: String?
        /// `{tls_version}`: nil in clear text, as the two that follow.
        package var tlsVersion: String?
        /// `{cipher}`.
        package var cipher: String?
        /// `{cipher_bits}`.
        package var cipherBits: String?
        /// `{cert_subject}`: nil, because clients are not asked for certificates.
        package var certificateSubject: String?
        /// `{cert_issuer}`: nil as well.
        package var certificateIssuer: String?
        /// `{auth_type}`: nil, because clients do not authenticate here.
        package var authenticationType: String?
        /// `{auth_authen}`: nil as well.
        package var authenticatedUser: String?

        package init() {}
    }

    /// Postfix's defaults.
    package static let standard: [MilterStage: [String]] = [
        .connect: ["j", "{daemon_name}", "{daemon_addr}", "v", "_"],
        .hello: ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"],
        .mail: ["i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}", "{mail_host}", "{mail_mailer}"],
        .recipient: ["i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"],
        .data: ["i"],
        .endOfHeaders: ["i"],
        .endOfMessage: ["i"],
    ]

    /// The names in a list such as `j {client_addr}, v`.
    package static func names(in list: String) -> [String] {
        list.split { $0 == " " || $0 == "," || $0 == "\t" }.prefix(64).map(String.init)
    }

    /// The macros of `names` that have a value.
    package static func list(_ names: [String], _ values: Values) -> [MilterMacro] {
        names.compactMap { name in
            let bare = name.hasPrefix("{") && name.hasSuffix("}") ? String(name.dropFirst().dropLast()) : name
            return value(bare, values).map { MilterMacro(name, $0) }
        }
    }

    private static func value(_ name: String, _ values: Values) -> String? {
        switch name {
        case "j": values.hostname
        case "daemon_name": values.daemonName
        case "v": values.version
        case "_":
            "\(values.clientPointer) [\(values.client?.description ?? "unknown")]"
                + (values.clientName == values.clientPointer ? "" : " (may be forged)")
        case "client_addr": values.client.map { $0.isIPv4 ? "\($0)" : "IPv6:\($0)" } ?? "unknown"
        case "client_name": values.clientName
        case "client_ptr": values.clientPointer
        case "client_port": "\(values.clientPort)"
        case "client_resolve": values.clientResolve
        case "daemon_addr": values.server.isEmpty ? nil : values.server
        case "daemon_port": "\(values.serverPort)"
        case "i": values.queueID
        case "mail_addr": values.sender
        case "mail_host": values.sender.map(domain)
        case "mail_mailer": values.sender.map { _ in "smtp" }
        case "rcpt_addr": values.recipient
        case "rcpt_host": values.recipient.map(domain)
        case "rcpt_mailer": values.recipient.map { _ in "smtp" }
        case "tls_version": values.tlsVersion
        case "cipher": values.cipher
        case "cipher_bits": values.cipherBits
        case "cert_subject": values.certificateSubject
        case "cert_issuer": values.certificateIssuer
        case "auth_type": values.authenticationType
        case "auth_authen": values.authenticatedUser
        default: nil
        }
    }

    private static func domain(_ address: String) -> String {
        address.lastIndex(of: "@").map { String(address[address.index(after: $0)...]) } ?? ""
    }
}
