// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Asks policy services for the sessions of one event loop, and keeps connections to them for the next question.
///
/// Each question has a connection of its own meanwhile, so there are never more of them than sessions.
package final class PolicyDesk {
    /// Connections of one service that are kept while nothing is asked.
    private static let idleLimit = 64

    private let loop: any EventLoop
    private var idle: [PolicyService: [PolicyConnection]] = [:]

    /// A desk of this event loop, on which alone it is used.
    package init(on loop: any EventLoop) {
        self.loop = loop
    }

    /// Asks a service, with as many tries as its manner allows; `answer` is called once, on the event loop, perhaps at once.
    package func ask(
        _ service: PolicyService,
        _ manner: PolicyManner,
        _ request: String,
        answer: @escaping (PolicyAnswer) -> Void
    ) {
        guard let known = takeIdle(service, manner) else {
            return tryAnew(service, manner, request, left: manner.tryLimit, answer)
        }
        ask(known, service, manner, request) { [self] result in
            // why: a service may close a connection that rests whenever it likes, and that is no trouble of its own.
            if case .failed = result { return tryAnew(service, manner, request, left: manner.tryLimit, answer) }
            answer(result)
        }
    }

    private func tryAnew(
        _ service: PolicyService,
        _ manner: PolicyManner,
        _ request: String,
        left: Int,
        _ answer: @escaping (PolicyAnswer) -> Void
    ) {
        let connection = PolicyConnection(on: loop)
        ask(connection, service, manner, request) { [self] result in
            guard case .failed = result, left > 1 else { return answer(result) }
            let pause = TimeAmount.milliseconds(Int64(clamping: max(0, manner.retryDelay)))
            loop.assumeIsolated().scheduleTask(in: pause) { [self] in
                tryAnew(service, manner, request, left: left - 1, answer)
            }
        }
        FilterDialer.connect(to: service.address, on: loop, timeout: manner.timeout, handler: connection) {
            connection.fail($0)
        }
    }

    private func ask(
        _ connection: PolicyConnection,
        _ service: PolicyService,
        _ manner: PolicyManner,
        _ request: String,
        then: @escaping (PolicyAnswer) -> Void
    ) {
        connection.ask(request, timeout: manner.timeout) { [self] result in
            if case .action = result { keep(connection, service, manner) }
            then(result)
        }
    }

    private func takeIdle(_ service: PolicyService, _ manner: PolicyManner) -> PolicyConnection? {
        while let connection = idle[service]?.popLast() {
            connection.ended = nil
            if loop.now - connection.began < .milliseconds(Int64(clamping: manner.lifetime)) { return connection }
            connection.close()
        }
        return nil
    }

    private func keep(_ connection: PolicyConnection, _ service: PolicyService, _ manner: PolicyManner) {
        let resting = idle[service, default: []]
        let isSpent = manner.requestLimit > 0 && connection.answers >= manner.requestLimit
        guard !isSpent, manner.idleTime > 0, resting.count < PolicyDesk.idleLimit else { return connection.close() }
        connection.ended = { [weak self, weak connection] in
            self?.idle[service]?.removeAll { $0 === connection }
            if self?.idle[service]?.isEmpty == true { self?.idle[service] = nil }
        }
        idle[service] = resting + [connection]
        connection.rest(for: manner.idleTime)
    }
}

/// What came of a question: an action as the service wrote it, or in the log's words why there is none.
package enum PolicyAnswer: Sendable, Equatable {
    case action(String)
    case failed(String)
}
