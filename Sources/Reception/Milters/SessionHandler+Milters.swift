// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// The session's part in what `smtpd_milters` are told, and what their verdicts come to.
extension SessionHandler {
    /// Tells the filters of a point; `answer` gets the refusal, which was logged, or nil.
    func askMilters(about point: JudgedPoint, then answer: @escaping (Reply?) -> Void) {
        let end = awaitAnswer(within: milterPatience, orElse: { .milterUnavailable }, then: answer)
        let values = milterValues(at: point)
        let verdict: (MilterVerdict) -> Void = { [self] in end(refusal($0, at: point)) }
        switch point {
        case .connection:
            let chain = MilterChain(pool.settings.filters, loop: lane.eventLoop) { [log] in log.warn($0) }
            milters = chain
            let name = client.host.name ?? (client.address == nil ? "unknown" : "[\(client.addressText)]")
            chain.connect(
                .connect(name: name, address: client.address, port: client.port),
                values,
                then: verdict
            )
        case .hello(let hello):
            tell(.hello(hello.name), at: .hello, values, verdict)
        case .sender(let transaction):
            var words = ["<\(transaction.senderAddress)>"]
            if let size = transaction.declaredSize { words.append("SIZE=\(size)") }
            if transaction.declaredEightBit { words.append("BODY=8BITMIME") }
            tell(.mail(words), at: .mail, values, verdict)
        case .recipient(let recipient):
            tell(.recipient(["<\(recipient.address)>"]), at: .recipient, values, verdict)
        case .data:
            tell(.data, at: .data, values, verdict)
        case .message(let transaction):
            showMessage(of: transaction, values, end: end)
        }
    }

    private func tell(
        _ command: MilterCommand,
        at stage: MilterStage,
        _ values: MilterMacros.Values,
        _ verdict: @escaping (MilterVerdict) -> Void
    ) {
        guard let milters else { return verdict(.proceed) }
        milters.tell(command, at: stage, values, then: verdict)
    }

    /// The whole message is shown to the filters, and written anew as they left it.
    private func showMessage(
        of transaction: Transaction,
        _ values: MilterMacros.Values,
        end: @escaping (Reply?) -> Void
    ) {
        guard let milters, let intake, let filtered = intake.filtered, let held = filtered.held else { return end(nil) }
        log.messageID(intake.messageID, of: intake.draft.id)
        let verdict: (MilterVerdict) -> Void = { [self] in end(refusal($0, at: .message(transaction))) }
        let failed: (any Error) -> Void = { [self] error in end(storageFailed(error, intake)) }
        milters.show(
            held,
            values,
            bodyLimit: pool.settings.messageSizeLimit,
            spool: pool.spool,
            envelope: { [log] edits in
                for edit in edits where !filtered.changes.take(edit) {
                    log.warn("\(intake.draft.id): a filter's change names no address and is left out")
                }
            }
        ) { [self] outcome in
            guard self.intake === intake else { return }
            switch outcome {
            case .failed(let error): failed(error)
            case .verdict(let decision):
                switch decision {
                case .refuse, .discard: return verdict(decision)
                case .hold, .proceed: break
                }
                filtered.changes.bodyTraits = held.bodyTraits
                held.write(into: intake.draft, on: lane.eventLoop) { error in
                    if let error { failed(error) } else { verdict(decision) }
                }
            }
        }
    }

    /// The refusal in a verdict; what else it asks for is noted, and logged.
    private func refusal(_ verdict: MilterVerdict, at point: JudgedPoint) -> Reply? {
        switch verdict {
        case .proceed:
            return nil
        case .refuse(let reply):
            note("milter-reject", reply.summary, at: point)
            guard case .connection = point else { return reply }
            // why: as Postfix, a client is greeted in spite of a temporary trouble, which its commands then meet.
            if reply.code == 421 { return .milterBusy(at: pool.settings.hostname) }
            return reply.isPermanent ? .notAccepting(at: pool.settings.hostname) : nil
        case .discard:
            intake?.filtered?.changes.isDiscarded = true
            note("milter-discard", "milter triggers DISCARD action", at: point)
            return nil
        case .hold(let reason):
            // why: the hold is of the message; until there is one, the filters' chain keeps it in mind.
            guard let filtered = intake?.filtered else { return nil }
            filtered.changes.isHeld = true
            guard case .message = point else { return nil }
            note("milter-hold", reason.isEmpty ? "milter triggers HOLD action" : reason, at: point)
            return nil
        }
    }

    private func note(_ action: String, _ text: String, at point: JudgedPoint) {
        pool.statistics.filtered.add()
        var report = FilterReport(action: action, event: lastVerb, text: text, hello: machine.hello)
        switch point {
        case .connection, .hello: break
        case .sender(let transaction): report.sender = transaction.senderAddress
        case .recipient(let recipient):
            report.sender = machine.transaction?.senderAddress
            report.recipient = recipient.address
        case .data(let transaction), .message(let transaction):
            report.sender = transaction.senderAddress
            report.recipient = transaction.recipients.last?.address
        }
        if case .message = point {
            report.isOfMessage = true
            report.id = intake?.draft.id
            // why: cleanup leaves the code of the reply away.
            if action == "milter-reject", let space = text.firstIndex(of: " ") {
                let short = FilterReport(
                    action: action,
                    event: report.event,
                    text: String(text[text.index(after: space)...]),
                    sender: report.sender,
                    recipient: report.recipient,
                    hello: report.hello,
                    id: report.id,
                    isOfMessage: true
                )
                return log.filtered(short)
            }
        } else if let intake, intake.isLogged {
            report.id = intake.draft.id
        }
        log.filtered(report)
    }

    private func milterValues(at point: JudgedPoint) -> MilterMacros.Values {
        var values = MilterMacros.Values()
        let settings = pool.settings
        values.hostname = settings.hostname
        values.daemonName = settings.filters.daemonName ?? settings.hostname
        values.version = "relaybox"
        values.client = client.address
        values.clientPort = client.port
        values.clientName = client.host.logName
        values.clientPointer = client.host.reverseName ?? "unknown"
        values.clientResolve =
            switch client.host.status {
            case .known: "OK"
            case .trouble: "TEMP"
            case .unknown: "FAIL"
            case .forged: "FORGED"
            }
        values.server = client.server
        values.serverPort = client.serverPort
        if let encryption = tls?.facts {
            values.tlsVersion = encryption.version
            values.cipher = encryption.cipher?.name
            values.cipherBits = encryption.cipher.map { "\($0.bits)" }
        }
        values.queueID = intake.map { "\($0.draft.id)" }
        switch point {
        case .connection, .hello: break
        case .sender(let transaction), .data(let transaction), .message(let transaction):
            values.sender = transaction.senderAddress
        case .recipient(let recipient):
            values.sender = machine.transaction?.senderAddress
            values.recipient = recipient.address
        }
        return values
    }

    /// Longer than all filters together may take by their own limits: the filters' clocks, not this one, end a wait.
    private var milterPatience: TimeAmount {
        let filters = pool.settings.filters
        let limits = filters.milters.map { milter in
            let manner = milter.manner(in: filters.manner)
            return manner.connectTimeout + manner.commandTimeout + manner.contentTimeout
        }
        return .milliseconds(Int64(clamping: limits.reduce(600_000, +)))
    }
}
