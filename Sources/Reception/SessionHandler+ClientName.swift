// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// The client's name, where somebody wants to know it.
extension SessionHandler {
    /// Finds the client's name before anything is said of it; goes on at once when nobody asks for it.
    func findClientName(then proceed: @escaping () -> Void) {
        guard pool.findsClientNames, !isDenied, let address = client.address else {
            proceed()
            return
        }
        isFindingName = true
        let limit = TimeAmount.milliseconds(Int64(pool.settings.restrictions.lookupDeadline))
        let session = NIOLoopBound(self, eventLoop: lane.eventLoop)
        var known: ClientHost?
        var end: ((Reply?) -> Void)?
        let found = NIOLoopBound(
            { (host: ClientHost) in
                if let end {
                    known = host
                    end(nil)
                } else {
                    known = host
                }
            },
            eventLoop: lane.eventLoop
        )
        pool.lookUp(.client(address)) { answer in
            var host = ClientHost()
            if case .client(let value) = answer { host = value } else { host = .trouble }
            if session.eventLoop.inEventLoop {
                found.value(host)
            } else {
                session.eventLoop.execute { [host] in found.value(host) }
            }
        }
        let name: (ClientHost) -> Void = { [self] host in
            isFindingName = false
            client.host = host
            if let warning = host.warning { log.warn(warning) }
            proceed()
        }
        if let known {
            name(known)
        } else {
            end = awaitAnswer(within: limit, orElse: { nil }, then: { _ in name(known ?? .trouble) })
        }
    }

    /// The value of an attribute in `smtpd_reject_footer`.
    func footerAttribute(_ name: String) -> String? {
        var facts = RestrictionFacts(client: client)
        facts.hello = machine.hello
        facts.hostname = pool.settings.hostname
        if let transaction = machine.transaction {
            facts.hasSender = true
            facts.sender = transaction.sender
        }
        return facts.attribute(name)
    }
}

extension ClientHost {
    /// The DNS did not answer.
    fileprivate static var trouble: ClientHost {
        var host = ClientHost()
        host.status = .trouble
        host.reverseStatus = .trouble
        return host
    }
}

extension Reply {
    /// The reply with a footer: lines that `\n` divides; `\c` at the beginning continues the reply's last line
    /// (Postfix: smtpd_reject_footer).
    func with(_ footer: String) -> Reply {
        var reply = self
        let continues = footer.hasPrefix("\\c")
        var lines = (continues ? String(footer.dropFirst(2)) : footer).lines
        if continues, let last = reply.lines.popLast(), let first = lines.first {
            lines[0] = last + first
        }
        reply.lines += lines
        return reply
    }
}

extension String {
    /// The parts between `\n`.
    fileprivate var lines: [String] {
        var parts: [String] = []
        var rest = self[...]
        while let cut = rest.firstRange(of: "\\n") {
            parts.append(String(rest[..<cut.lowerBound]))
            rest = rest[cut.upperBound...]
        }
        return parts + [String(rest)]
    }
}
