// SPDX-License-Identifier: Apache-2.0

import SMTP
import Spooling

/// The Received header this hop puts on top of a message (RFC 5321 section 4.4).
struct TraceHeader {
    let hello: SessionMachine.Hello?
    let client: ClientIdentity
    let hostname: String
    let id: QueueID
    /// The only recipient; nil when there are several, whose addresses nobody else should learn.
    let recipient: String?
    let date: InternetDate

    var text: String {
        let name = hello?.name ?? "unknown"
        let address = client.address.map { $0.isIPv4 ? "\($0)" : "IPv6:\($0)" } ?? "unknown"
        let with = hello?.isExtended == true ? "ESMTP" : "SMTP"
        let target = recipient.map { "\r\n\tfor <\($0)>" } ?? ""
        return
            "Received: from \(name) (\(client.host.logName) [\(address)])\r\n\tby \(hostname) (relaybox) with \(with) id \(id)"
            + "\(target);\r\n\t\(date)\r\n"
    }
}
