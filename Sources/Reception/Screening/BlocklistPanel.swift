// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Resolving
package import Statistics
import Synchronization

/// Asks all lists about an address, once for everybody who wants to know it at the same time.
package final class BlocklistPanel: Sendable {
    /// The lists that are asked, with their weights.
    package let sites: [BlocklistSite]
    private let zones: [DomainName]
    private let resolver: Resolver?
    private let report: BlocklistReport
    private let underWay = Mutex<[HostAddress: BlocklistInquiry]>([:])

    /// - Parameter resolver: nil: nobody can be asked, and nobody is listed.
    package init(sites: [BlocklistSite], resolver: Resolver?, report: BlocklistReport) {
        self.sites = sites
        self.resolver = resolver
        self.report = report
        var zones: [DomainName] = []
        for site in sites where !zones.contains(site.zone) { zones.append(site.zone) }
        self.zones = zones
    }

    /// The questions about an address: those under way, or new ones. What is known already is in the answers at once.
    package func ask(about address: HostAddress) -> BlocklistInquiry {
        let (inquiry, isNew) = underWay.withLock { inquiries in
            if let inquiry = inquiries[address] { return (inquiry, false) }
            let inquiry = BlocklistInquiry(zones: zones)
            inquiries[address] = inquiry
            return (inquiry, true)
        }
        guard isNew else { return inquiry }
        for zone in zones {
            guard let resolver, let query = BlocklistQuery(address, in: zone) else {
                answered(.failed(.invalidName), by: zone, about: address, to: inquiry)
                continue
            }
            resolver.listing(query) { [self] result in
                let answer: BlocklistAnswers.Answer =
                    switch result {
                    case .success(let reply): .reply(reply)
                    case .failure(let error): .failed(error)
                    }
                answered(answer, by: zone, about: address, to: inquiry)
            }
        }
        return inquiry
    }

    private func answered(
        _ answer: BlocklistAnswers.Answer,
        by zone: DomainName,
        about address: HostAddress,
        to inquiry: BlocklistInquiry
    ) {
        report.tell(answer, by: zone, about: address)
        guard inquiry.answered(answer, by: zone) else { return }
        underWay.withLock { inquiries in
            if inquiries[address] === inquiry { inquiries[address] = nil }
        }
    }
}

/// The questions about one address, and what has been answered so far. Used from any thread.
package final class BlocklistInquiry: Sendable {
    private struct State {
        var answers = BlocklistAnswers()
        var missing: Set<DomainName>
        var waiting: [(loop: any EventLoop, told: @Sendable () -> Void)] = []
    }

    private let state: Mutex<State>

    init(zones: [DomainName]) {
        state = Mutex(State(missing: Set(zones)))
    }

    /// What has been answered so far, and whether that is all.
    package var answers: BlocklistAnswers { state.withLock { $0.answers } }
    /// Whether every list has answered.
    package var isComplete: Bool { state.withLock { $0.missing.isEmpty } }
    /// The zones that have not answered.
    package var missing: [DomainName] { state.withLock { Array($0.missing) } }

    /// Calls back on the event loop when every list has answered; false, and never, when they have already.
    package func whenComplete(on loop: any EventLoop, _ told: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard !state.missing.isEmpty else { return false }
            state.waiting.append((loop, told))
            return true
        }
    }

    /// Whether that was the last answer.
    func answered(_ answer: BlocklistAnswers.Answer, by zone: DomainName) -> Bool {
        let waiting = state.withLock { state -> [(loop: any EventLoop, told: @Sendable () -> Void)]? in
            state.answers[zone] = answer
            state.missing.remove(zone)
            guard state.missing.isEmpty else { return nil }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting ?? [] { waiter.loop.execute(waiter.told) }
        return waiting != nil
    }
}

/// What the log says of answers, in the words of Postfix's dnsblog; a list in trouble is told of once a minute.
package final class BlocklistReport: Sendable {
    private static let interval: Int64 = 60_000

    private let log: any LogSink
    private let identifier: String
    private let screeningIdentifier: String
    private let now: @Sendable () -> Int64
    private let failures: Counter
    private let told = Mutex<[DomainName: Int64]>([:])

    /// - Parameters:
    ///   - syslogName: the first part of the identifier; `dnsblog` is the second.
    ///   - failures: counts questions that were not answered.
    package init(log: any LogSink, syslogName: String, failures: Counter, now: @escaping @Sendable () -> Int64) {
        self.log = log
        self.failures = failures
        self.now = now
        identifier = "\(syslogName)/dnsblog"
        screeningIdentifier = "\(syslogName)/postscreen"
    }

    func tell(_ answer: BlocklistAnswers.Answer, by zone: DomainName, about address: HostAddress) {
        switch answer {
        case .reply(let reply):
            for code in reply.listings.prefix(8) {
                write(.informational, "addr \(address) listed by domain \(zone.text) as \(code)")
            }
            guard let code = reply.refusals.first else { return }
            warn(of: zone, "\(zone.text) answers \(code) for \(address): it refuses our questions, which is no listing")
        case .failed(let error):
            warn(of: zone, "dnsblog_query: lookup error for DNS query of \(address) at \(zone.text): \(error)")
        }
    }

    /// The lists have kept a client waiting for as long as they may.
    func late(_ zones: [DomainName], after milliseconds: Int) {
        for zone in zones {
            warn(of: zone, "dnsblog reply timeout \(milliseconds / 1_000)s for \(zone.text)", from: screeningIdentifier)
        }
    }

    private func warn(of zone: DomainName, _ text: String, from identifier: String? = nil) {
        failures.add()
        let now = now()
        let isDue = told.withLock { told in
            if let last = told[zone], now - last < BlocklistReport.interval, now >= last { return false }
            told[zone] = now
            return true
        }
        if isDue { write(.warning, "warning: \(text)", from: identifier) }
    }

    private func write(_ severity: Severity, _ text: String, from other: String? = nil) {
        log.write(LogRecord(severity, from: other ?? identifier, text))
    }
}
