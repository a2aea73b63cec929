// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

/// Where clients speak SMTP, a server is the session's only once it has greeted: who refuses, closes or stays silent is
/// passed over, and the client sees nothing of it.
extension RouteHandler {
    /// What this session has tried so far.
    struct Attempts {
        /// Servers that did not serve.
        var failed: [String] = []
        /// How often it went to another server beyond its `retries`.
        var moves = 0
    }

    /// The connection stands; now the server has to speak.
    func awaitGreeting(_ handler: ServerHandler, _ channel: any Channel, _ server: Server) {
        state = .greeting
        self.server = handler
        greeting = GreetingMachine()
        sendHeader(to: handler, server)
        arm(.milliseconds(Int64(settings?.greetingTimeout ?? 30_000))) { [self] in perform(greeting.timedOut()) }
        do {
            try channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            perform(greeting.closed())
        }
    }

    func greetingReceived(_ bytes: ByteBuffer) {
        perform(greeting.received(bytes))
    }

    func greetingEnded() {
        perform(greeting.closed())
    }

    private func perform(_ action: GreetingMachine.Action) {
        guard case .greeting = state, let current = metering.record.server, let handler = server else { return }
        switch action {
        case .wait, .none: break
        case .pass(let bytes):
            if current.traffic.greeted() { tell(.notice, current, "greets again") }
            startRelay(handler)
            serverSent(NIOAny(bytes))
            serverPaused()
        case .fail(let failure): passOver(current, failure)
        }
    }

    private func passOver(_ server: Server, _ failure: GreetingMachine.Failure) {
        server.statistics.responseErrors.add()
        backend?.statistics.responseErrors.add()
        report(server, failure)
        metering.update { $0.stage = .connect }
        dropServer()
        attempts.failed.append(server.name)
        if moveOn(from: server) {
            attempts.moves += 1
            metering.update { $0.retries = retry.used + attempts.moves }
            return
        }
        metering.end(failure == .silent ? .serverTimedOut : .serverAborted)
        refuse(failure.reason)
    }

    /// Goes to a server that this session has not been to; false when there is none.
    func moveOn(from server: Server) -> Bool {
        guard let backend, let context else { return false }
        // A session that had to wait in between may come to the same server again.
        guard attempts.failed.count < backend.settings.servers.count + RouteHandler.spareAttempts,
            backend.hasAlternative(to: attempts.failed)
        else { return false }
        metering.leaveServer()
        let decision = backend.acquire(
            for: session.id,
            on: context.channel,
            source: identity.source,
            avoiding: attempts.failed
        )
        // It went down this very moment, and the session has left its own: `follow` turns it away.
        switch decision {
        case .unavailable: break
        case .server, .wait:
            server.statistics.redispatches.add()
            backend.statistics.redispatches.add()
            metering.update { $0.wasRedispatched = true }
        }
        follow(decision)
        return true
    }

    /// More attempts than there are servers.
    private static let spareAttempts = 3

    private func report(_ server: Server, _ failure: GreetingMachine.Failure) {
        let sentHeader = server.settings.sendProxy != nil
        var diagnosis: CheckDiagnosis?
        switch failure {
        case .refused(let code, let text): diagnosis = .of("\(code) \(text)", sentHeader: sentHeader)
        case .silent: diagnosis = sentHeader ? nil : .silence
        case .closed, .notSMTP: break
        }
        let fault = ServerTraffic.Fault(
            kind: failure.kind,
            advice: diagnosis?.advice ?? failure.description,
            summary: diagnosis?.summary ?? failure.description
        )
        if server.traffic.failed(fault) {
            tell(.warning, server, "\(fault.advice); sessions go to other servers while there are some")
        }
    }

    /// A line about a server, in the words of its checks.
    func tell(_ severity: Severity, _ server: Server, _ text: String) {
        environment.log(severity, "Server \(server.backend)/\(server.name) \(text).", session: session.id)
    }

    /// What the first replies told about the PROXY header.
    func perform(_ verdict: HeaderWatch.Verdict) {
        guard let server = metering.record.server else { return }
        switch verdict {
        case .fine:
            if server.traffic.understood() { tell(.notice, server, "understands the PROXY header") }
            if server.traffic.greeted() { tell(.notice, server, "greets again") }
        case .mismatch(let diagnosis):
            let fault = ServerTraffic.Fault(
                kind: diagnosis.summary,
                advice: diagnosis.advice,
                summary: diagnosis.summary
            )
            let isNews =
                switch diagnosis {
                case .unexpectedHeader: server.traffic.misunderstood(fault)
                case .missingHeader, .silence: server.traffic.failed(fault)
                }
            if isNews { tell(.warning, server, diagnosis.advice) }
        }
    }
}
