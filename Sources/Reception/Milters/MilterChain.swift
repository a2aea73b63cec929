// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// The filters of one session, in the order of `smtpd_milters`: each hears of an event when those before let it pass.
final class MilterChain {
    /// What an event has come to.
    enum Outcome {
        case verdict(MilterVerdict)
        case failed(SpoolError)
    }

    let clients: [MilterClient]
    private let loop: any EventLoop
    private let configured: [MilterStage: [String]]
    /// Whether the filters know of a message that has not ended.
    private(set) var isInMessage = false
    /// Why the message is to be held back, nil when it is not.
    private(set) var hold: String?
    /// Whether the message is to be thrown away.
    private(set) var discards = false

    init(_ settings: FilterSettings, loop: any EventLoop, warn: @escaping (String) -> Void) {
        self.loop = loop
        configured = settings.allMacros
        clients = settings.milters.map { MilterClient($0, in: settings.manner, loop: loop, warn: warn) }
    }

    /// Connects to each filter and tells it of the client.
    func connect(
        _ command: MilterCommand,
        _ values: MilterMacros.Values,
        then: @escaping (MilterVerdict) -> Void
    ) {
        each(then: then) { client, answer in
            client.open { [self] verdict in
                guard verdict == .proceed, client.fallback == nil else { return answer(verdict) }
                client.tell(command, macros: macros(for: client, at: .connect, values), then: answer)
            }
        }
    }

    /// Tells each filter of an event of the dialogue.
    func tell(
        _ command: MilterCommand,
        at stage: MilterStage,
        _ values: MilterMacros.Values,
        then: @escaping (MilterVerdict) -> Void
    ) {
        switch stage {
        case .hello, .mail: if isInMessage { abort() }
        case .connect, .recipient, .data, .endOfHeaders, .endOfMessage: break
        }
        if stage == .mail {
            isInMessage = true
            hold = nil
            discards = false
        }
        if discards { return then(.proceed) }
        each(then: then) { [self] client, answer in
            client.tell(command, macros: macros(for: client, at: stage, values), then: answer)
        }
    }

    /// Shows each filter the message as those before have left it, and changes it. `envelope` is told of changes of sender
    /// and recipients.
    func show(
        _ message: HeldMessage,
        _ values: MilterMacros.Values,
        bodyLimit: Int,
        spool: any Spool,
        envelope: @escaping ([MilterEdit]) -> Void,
        then: @escaping (Outcome) -> Void
    ) {
        if discards {
            // why: the filters are told that the message is over, or those that had their say would not hear of the next one.
            abort()
            return then(.verdict(.discard))
        }
        isInMessage = false
        show(message, to: clients[...], values, bodyLimit, spool, envelope, then)
    }

    /// The session is over.
    func close() {
        for client in clients { client.close() }
    }

    private func show(
        _ message: HeldMessage,
        to rest: ArraySlice<MilterClient>,
        _ values: MilterMacros.Values,
        _ bodyLimit: Int,
        _ spool: any Spool,
        _ envelope: @escaping ([MilterEdit]) -> Void,
        _ then: @escaping (Outcome) -> Void
    ) {
        guard let client = rest.first else { return then(.verdict(hold.map { .hold(reason: $0) } ?? .proceed)) }
        let edits = MilterEdits(
            isVerbatim: client.machine.wantsLeadingSpace,
            bodyLimit: bodyLimit,
            spool: spool
        )
        let macros = [MilterStage.endOfHeaders, .endOfMessage].map { ($0, self.macros(for: client, at: $0, values)) }
        let delivery = MilterDelivery(
            message,
            to: client,
            edits: edits,
            macros: Dictionary(macros) { first, _ in first },
            loop: loop
        ) { [self] outcome in
            client.messageEnded()
            switch outcome {
            case .failed(let error):
                giveUp(rest.dropFirst())
                return then(.failed(error))
            case .verdict(.refuse(let reply)):
                giveUp(rest.dropFirst())
                return then(.verdict(.refuse(reply)))
            case .verdict(.discard):
                giveUp(rest.dropFirst())
                return then(.verdict(.discard))
            case .verdict(.hold(let reason)):
                hold = hold ?? reason
            case .verdict(.proceed):
                // why: a filter that was lost half way has changed nothing.
                if client.fallback == nil {
                    message.apply(edits)
                    envelope(edits.envelope)
                    hold = hold ?? edits.hold
                }
            }
            show(message, to: rest.dropFirst(), values, bodyLimit, spool, envelope, then)
        }
        delivery.run()
    }

    /// The filters that have not seen the message, and will not.
    private func giveUp(_ clients: ArraySlice<MilterClient>) {
        for client in clients { client.abort() }
    }

    private func abort() {
        isInMessage = false
        for client in clients { client.abort() }
    }

    private func macros(
        for client: MilterClient,
        at stage: MilterStage,
        _ values: MilterMacros.Values
    ) -> [MilterMacro] {
        MilterMacros.list(client.machine.macros(at: stage, configured: configured), values)
    }

    /// Asks one filter after the other until one refuses or discards.
    private func each(
        from index: Int = 0,
        then: @escaping (MilterVerdict) -> Void,
        ask: @escaping (MilterClient, @escaping (MilterVerdict) -> Void) -> Void
    ) {
        guard index < clients.count else { return then(hold.map { .hold(reason: $0) } ?? .proceed) }
        ask(clients[index]) { [self] verdict in
            switch verdict {
            case .refuse: return then(verdict)
            case .discard:
                discards = true
                return then(verdict)
            case .hold(let reason):
                hold = hold ?? reason
            case .proceed: break
            }
            each(from: index + 1, then: then, ask: ask)
        }
    }
}
