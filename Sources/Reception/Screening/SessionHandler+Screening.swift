// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// A session of a pool that screens: how it begins after the wait, and what screening still looks at until it is over.
extension SessionHandler {
    /// Screening is done with the tests before the greeting.
    func arrived(_ arrival: ScreeningArrival, _ ending: ScreeningArrival.Ending, input bytes: ByteBuffer) {
        client = arrival.client
        session = arrival.session
        isTrusted = arrival.isTrusted
        isIdentified = true
        input = bytes
        switch ending {
        case .judged(let action, let machine, let score):
            let watched = SessionScreening(arrival, machine: machine, now: now)
            screening = watched
            if let rank = machine.rank {
                log.ranked(rank)
                pool.statistics.screening.failed(.blocklist)
            }
            watched.refusal = machine.refusal.map { complete($0, score) }
            perform(action, of: watched, score)
        case .refused(let reply):
            turnAway(arrival, reply)
        case .denied:
            denial = .drop
            turnAway(arrival, .serviceUnavailable(521))
        case .ended(let reason):
            screening = SessionScreening(arrival, machine: ScreeningMachine.over(arrival), now: now)
            endReason = reason
        }
        process()
    }

    private func turnAway(_ arrival: ScreeningArrival, _ reply: Reply) {
        screening = SessionScreening(arrival, machine: ScreeningMachine.over(arrival), now: now)
        pool.statistics.turnedAway.add()
        perform(machine.turnedAway(with: reply))
    }

    private func perform(_ action: ScreeningMachine.Action, of screening: SessionScreening, _ score: BlocklistScore?) {
        switch action {
        case .none, .park:
            break
        case .pass(let passage):
            finish(screening, passage)
            admitAndGreet()
        case .watch:
            postpone()
            if screening.machine.forbidsPipelining { machine.limits.offersPipelining = false }
            guard screening.refusal != nil else {
                findClientName { [self] in judge(.connection) }
                return
            }
            // why: no mail of a refused client is taken, so nothing can be smuggled, and what it does next is to be logged.
            machine.limits.forbidsUnauthorisedPipelining = false
            let greeting = machine.connected()
            if !screening.machine.withholdsGreeting { perform(greeting) }
        case .drop(let reply):
            perform(machine.dropped(with: complete(reply, score)))
        }
    }

    /// Looks at a command line before the session does; false when the session is not to see it.
    func passesScreening(_ line: String, bare: Bool, after verb: String) -> Bool {
        guard let screening else { return true }
        let settings = screening.arrival.policy.settings
        var command = ScreeningMachine.Command()
        command.hasBareNewline = bare
        command.isForeign = ScreeningCommand.isForeign(line, settings)
        command.hasMoreInput = input.readableBytes > 0
        command.isRecipient = lastVerb == "RCPT"
        var violations: [ScreeningTest] = []
        let action = screening.machine.received(command, at: pool.now() / 1_000, violations: &violations)
        for test in violations {
            log.violated(test, line: line, after: verb, input: input)
            pool.statistics.screening.failed(test)
        }
        if screening.refusal == nil, let refusal = screening.machine.refusal {
            screening.refusal = refusal
            machine.limits.forbidsUnauthorisedPipelining = false
        }
        switch action {
        case .none, .park, .watch:
            guard screening.countCommand(lastVerb) else { return true }
            log.limited("COUNT", after: verb)
            cut(with: .tryAgainLater(at: pool.settings.hostname))
            return false
        case .pass(let passage):
            finish(screening, passage)
            machine.limits = pool.limits
            return admitAfterTests()
        case .drop(let reply):
            perform(machine.dropped(with: reply))
            return false
        }
    }

    /// A command line without end from a session whose tests are not over; false when there is no such session.
    func cutsOverlongLine(after verb: String) -> Bool {
        guard screening != nil else { return false }
        log.limited("LENGTH", after: verb)
        cut(with: .tryAgainLater(at: pool.settings.hostname))
        return true
    }

    private func cut(with reply: Reply) {
        pool.statistics.screening.limited.add()
        perform(machine.dropped(with: reply))
    }

    /// Every test is over: the session is an ordinary one from now on.
    private func finish(_ screening: SessionScreening, _ passage: ScreeningMachine.Passage) {
        switch passage {
        case .new: pool.statistics.screening.passedNew.add()
        case .old: pool.statistics.screening.passedOld.add()
        case .unblessed: break
        }
        log.passed(passage)
        screening.arrival.remember(screening.machine.memory)
        screening.arrival.leave()
        self.screening = nil
    }

    /// The tests ended with a RCPT: whether there is room for the session, which has been greeted already.
    private func admitAfterTests() -> Bool {
        log.connected()
        guard let refusal = lackOfRoom() else { return true }
        perform(machine.dropped(with: refusal))
        return false
    }

    private func complete(_ reply: Reply, _ score: BlocklistScore?) -> Reply {
        guard reply.isAboutBlocklists, let zone = score?.zone, let screening else { return reply }
        let list = screening.arrival.policy.name(of: zone)
        return .blocklisted(reply.code, client: client.addressText, by: list)
    }

    /// The connection of a watched session is gone.
    func screeningEnded(_ screening: SessionScreening) {
        let age = screening.age(at: now)
        if !hasLoggedEnd {
            pool.statistics.screening.hangups.add()
            log.screened(
                "HANGUP after \(SessionLog.seconds(age)) from \(client.endpoint) in tests after SMTP handshake"
            )
        }
        log.screened("DISCONNECT \(client.endpoint)")
        screening.arrival.remember(screening.machine.disconnected())
        screening.arrival.leave()
        self.screening = nil
    }
}

extension ScreeningMachine {
    /// For a connection that is about to end.
    fileprivate static func over(_ arrival: ScreeningArrival) -> ScreeningMachine {
        ScreeningMachine(rules: arrival.policy.rules, record: nil, now: 0)
    }
}
