// SPDX-License-Identifier: Apache-2.0

import SMTP
import Spooling

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

    var text: String {
        let name = hello?.name ?? "unknown"
        let address = client.address.map { $0.isIPv4 ? "\($0)" : "IPv6:\($0)" } ?? "unknown"
        let with = hello?.isExtended == true ? "ESMTP" : "SMTP"
        let number = id.map { " id \($0)" } ?? ""
        let target = recipient.map { "\r\n\tfor <\($0)>" } ?? ""
        let host = client.host.logName
        return "Received: from \(name) (\(host) [\(address)])\r\n\tby \(hostname) (relaybox) with \(with)\(number)"
            + "\(target);\r\n\t\(date)\r\n"
    }
}
