// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// A message on its way through `smtpd_proxy_filter`: received whole first, and acknowledged with the filter's own reply.
extension SessionHandler {
    func passOn(_ transaction: Transaction, to address: FilterAddress, then answer: @escaping (Reply?) -> Void) {
        guard let intake, let filtered = intake.filtered else { return answer(.queueWriteError) }
        let filters = pool.settings.filters
        let name = address.name
        // why: the filter's clock ends the wait, step by step; this one is there for the sum of the steps.
        let end = awaitAnswer(
            within: .milliseconds(Int64(clamping: filters.proxyTimeout * 16)),
            orElse: { .queueWriteError },
            then: { [self] reply in
                proxyFilter?.giveUp()
                proxyFilter = nil
                answer(reply)
            }
        )
        let envelope = intake.envelope(of: transaction, from: client, at: pool.now())
        let machine = ProxyFilterMachine(
            name: name,
            hello: filters.proxyHello ?? pool.settings.hostname,
            transaction: DialogueMachine.Transaction(
                sender: envelope.sender,
                recipients: envelope.recipients.map(\.address),
                size: envelope.size,
                eightBit: envelope.traits.contains(.eightBit)
            ),
            client: forwardedClient
        )
        let hello = self.machine.hello
        let handler = ProxyFilterHandler(
            name: name,
            machine: machine,
            body: intake.draft,
            timeout: filters.proxyTimeout,
            loop: lane.eventLoop
        ) { [self] result in
            let report = { (action: String, text: String) in
                FilterReport(
                    action: action,
                    event: "END-OF-MESSAGE",
                    text: text,
                    sender: transaction.senderAddress,
                    recipient: transaction.recipients.last?.address,
                    hello: hello
                )
            }
            switch result {
            case .answered(let reply) where reply.isPositive:
                filtered.changes.passedOn = reply
                log.filtered(report("proxy-accept", reply.summary))
                end(nil)
            case .answered(let reply):
                pool.statistics.filtered.add()
                log.filtered(report("proxy-reject", reply.summary))
                end(reply)
            case .failed(let reason):
                log.warn(reason)
                log.filtered(report("proxy-reject", Reply.queueWriteError.summary))
                end(.queueWriteError)
            }
        }
        proxyFilter = handler
        handler.begin(to: address, on: lane.eventLoop)
    }

    /// The client as filters are told of it.
    private var forwardedClient: ForwardedClient {
        var forwarded = ForwardedClient()
        forwarded.name = client.host.name
        forwarded.address = client.address?.description
        forwarded.port = client.address == nil ? nil : "\(client.port)"
        forwarded.hello = machine.hello?.name
        forwarded.proto = machine.hello?.isExtended == true ? "ESMTP" : "SMTP"
        return forwarded
    }
}

extension FilterAddress {
    /// The address as log lines name it.
    package var name: String {
        switch self {
        case .ip(let host, let port): host.contains(":") ? "inet:[\(host)]:\(port)" : "inet:\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
