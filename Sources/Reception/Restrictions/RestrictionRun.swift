// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// One evaluation of restriction lists on its way: asks what the machine wants to know, and goes on when it comes.
final class RestrictionRun {
    private(set) var machine: RestrictionMachine
    private let book: RestrictionBook
    private let lookUp: LookUp
    private let policies: PolicyDesk
    private let eventLoop: any EventLoop
    private let ended: (RestrictionRun, Reply?) -> Void
    /// An answer that came while it was being asked for.
    private var early: LookupAnswer?
    private var isAsking = false
    private var isExpired = false
    private var isOver = false
    /// Which question is open: late answers belong to others.
    private var question: UInt64 = 0
    /// Whether somebody has to wait.
    private(set) var isPending = false

    /// - Parameter ended: told once how it ended, on the event loop.
    init(
        _ machine: RestrictionMachine,
        book: RestrictionBook,
        lookUp: @escaping LookUp,
        policies: PolicyDesk,
        eventLoop: any EventLoop,
        ended: @escaping (RestrictionRun, Reply?) -> Void
    ) {
        self.machine = machine
        self.book = book
        self.lookUp = lookUp
        self.policies = policies
        self.eventLoop = eventLoop
        self.ended = ended
    }

    /// Goes as far as it can without waiting.
    func begin() {
        proceed(machine.began())
    }

    /// What has not come will not come in time: all that must be asked counts as trouble.
    func expire() {
        guard !isOver else { return }
        isExpired = true
        isPending = false
        proceed(machine.answered(.failed("no answer in time")))
    }

    /// Nobody waits for it any more.
    func abandon() { isOver = true }

    func takeNotes() -> [RestrictionMachine.Note] { machine.takeNotes() }

    private func proceed(_ action: RestrictionMachine.Action) {
        var action = action
        while !isOver {
            switch action {
            case .end(let refusal):
                isOver = true
                isPending = false
                ended(self, refusal)
                return
            case .ask(let lookup):
                guard let answer = book.answer(to: lookup) ?? (isExpired ? .failed("no answer in time") : ask(lookup))
                else {
                    isPending = true
                    return
                }
                action = machine.answered(answer)
            }
        }
    }

    /// The answer if it is known at once.
    private func ask(_ lookup: Lookup) -> LookupAnswer? {
        question &+= 1
        let (run, number) = (NIOLoopBound(self, eventLoop: eventLoop), question)
        isAsking = true
        early = nil
        defer { isAsking = false }
        if case .policy(let service, let request) = lookup {
            policies.ask(service, service.manner(in: book.settings.policies), request) { [self] answer in
                switch answer {
                case .action(let action): received(.policy(action), to: number)
                case .failed(let reason): received(.failed(reason), to: number)
                }
            }
            return early
        }
        lookUp(lookup) { answer in
            if run.eventLoop.inEventLoop {
                run.value.received(answer, to: number)
            } else {
                run.eventLoop.execute { run.value.received(answer, to: number) }
            }
        }
        return early
    }

    private func received(_ answer: LookupAnswer, to number: UInt64) {
        guard !isOver, number == question, !isExpired else { return }
        if isAsking {
            early = answer
        } else if isPending {
            isPending = false
            proceed(machine.answered(answer))
        }
    }
}
