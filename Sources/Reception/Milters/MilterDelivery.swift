// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// One message on its way to one filter: headers, body and end, in the order and for as long as the filter wants them.
final class MilterDelivery {
    /// What became of it.
    enum Outcome {
        case verdict(MilterVerdict)
        /// The message could not be read back, or a change of it not be stored.
        case failed(SpoolError)
    }

    private enum Step {
        case header(Int)
        case endOfHeaders
        case body
        case endOfBody
        case over
    }

    private let client: MilterClient
    private let fields: [HeaderField]
    private let edits: MilterEdits
    private let macros: [MilterStage: [MilterMacro]]
    private let then: (Outcome) -> Void
    private let reading: DraftReading
    private var step: Step

    /// - Parameter then: is called once, on the event loop.
    init(
        _ message: HeldMessage,
        to client: MilterClient,
        edits: MilterEdits,
        macros: [MilterStage: [MilterMacro]],
        loop: any EventLoop,
        then: @escaping (Outcome) -> Void
    ) {
        self.client = client
        self.edits = edits
        self.macros = macros
        self.then = then
        fields = message.head.visible
        reading = DraftReading(message.body, on: loop)
        step = .header(fields.startIndex)
        client.edited = { [edits] edit in
            let bound = NIOLoopBound(client, eventLoop: loop)
            switch edits.take(edit, resume: { loop.execute { bound.value.resume() } }) {
            case .ready: return true
            case .wait:
                client.pause()
                return true
            case nil: return false
            }
        }
    }

    /// Goes on until the filter must be waited for, or is done.
    func run() {
        while true {
            let command: MilterCommand
            var stage: MilterStage?
            switch step {
            case .header(let index):
                guard index < fields.endIndex else {
                    step = .endOfHeaders
                    continue
                }
                let field = fields[index]
                step = .header(index + 1)
                command = .header(
                    name: field.name,
                    value: field.value(withLeadingSpace: client.machine.wantsLeadingSpace)
                )
            case .endOfHeaders:
                step = .body
                stage = .endOfHeaders
                command = .endOfHeaders
            case .body:
                guard client.machine.wantsBody, !reading.isOver else {
                    step = .endOfBody
                    continue
                }
                // why: a filter that answers no piece of a body would have all of it in our memory until it has read it.
                if client.waitsForRoom(then: { [self] in run() }) { return }
                return read()
            case .endOfBody:
                step = .over
                stage = .endOfMessage
                command = .endOfBody
            case .over:
                return finish(.proceed)
            }
            guard say(command, at: stage) else { return }
        }
    }

    private func read() {
        reading.next(limit: MilterCommand.chunk) { [self] result in
            switch result {
            case .success(let piece):
                if say(.body(piece), at: nil) { run() }
            case .failure(let error):
                client.abort()
                end(.failed(error))
            }
        }
    }

    /// Whether the next thing can be said at once.
    private func say(_ command: MilterCommand, at stage: MilterStage?) -> Bool {
        let verdict = client.pass(
            command,
            macros: stage.flatMap { macros[$0] } ?? [],
            limit: client.manner.contentTimeout
        ) { [self] in
            if isGoingOn(after: $0) { run() }
        }
        guard let verdict else { return false }
        return isGoingOn(after: verdict)
    }

    private func isGoingOn(after verdict: MilterVerdict) -> Bool {
        guard verdict == .proceed, client.fallback == nil, client.machine.isInterested else {
            finish(verdict)
            return false
        }
        return true
    }

    private func finish(_ verdict: MilterVerdict) {
        if let failure = edits.failure, verdict == .proceed {
            end(.failed(failure))
        } else {
            end(.verdict(verdict))
        }
    }

    private func end(_ outcome: Outcome) {
        client.edited = nil
        then(outcome)
    }
}
