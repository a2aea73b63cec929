// SPDX-License-Identifier: Apache-2.0

import SMTP
import Spooling
import TLS

/// The Received header this hop puts on top of a message (RFC 5321 section 4.4).
struct TraceHeader {
    let hello: SessionMachine.Hello?
    let client: ClientIdentity
    let hostname: String
    /// Nil for a message that gets its queue id elsewhere.
    let id: QueueID?
    /// The only recipient; nil when there are several, whose addresses nobody else should learn.
    let recipient: String?
    let date: InternetDate
    /// How the session is encrypted; nil when it is not.
    var encryption: EncryptionFacts?
    /// smtpd_tls_received_header.
    var showsEncryption = false

    var text: String {
        let name = hello?.name ?? "unknown"
        let address = client.address?.isIPv4 == false ? "IPv6:\(client.addressText)" : client.addressText
        // RFC 3848: an S for encryption.
        let with = (hello?.isExtended == true ? "ESMTP" : "SMTP") + (encryption == nil ? "" : "S")
        let number = id.map { " id \($0)" } ?? ""
        let target = recipient.map { "\r\n\tfor <\($0)>" } ?? ""
        let client = "\(client.host.logName) [\(address)]"
        return "Received: from \(name) (\(client))\(cipher)\r\n\tby \(hostname) (relaybox) with \(with)\(number)"
            + "\(target);\r\n\t\(date)\r\n"
    }

    private var cipher: String {
        guard showsEncryption, let encryption else { return "" }
        let exchange = encryption.group.map { "\r\n\t key-exchange \($0)" } ?? ""
        return "\r\n\t(using \(encryption.summary)\(exchange))\r\n\t(No client certificate requested)"
    }
}
