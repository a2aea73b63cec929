// SPDX-License-Identifier: Apache-2.0

package import SMTP

/// One client's way through screening as a pure state machine (Postfix: postscreen(8)): tests before the greeting, then tests
/// of the live session, which count as passed with the first RCPT.
///
/// Times are seconds since 1970.
package struct ScreeningMachine: Sendable {
    /// What to do with the connection.
    package enum Action: Sendable, Equatable {
        case none
        /// Send the teaser, ask the lists, and let the client wait for the greeting.
        case park(teases: Bool, asks: Bool)
        /// The session begins, or goes on, as any other.
        case pass(Passage)
        /// The session begins and is watched: tests are open, or every recipient is refused.
        case watch
        /// The reply, and the end.
        case drop(Reply)
    }

    /// How a client has passed.
    package enum Passage: Sendable, Equatable {
        /// Every test, one of them for the first time: PASS NEW.
        case new
        /// Every test, all of them known from earlier: PASS OLD.
        case old
        /// A failed test was ignored: nothing is logged.
        case unblessed
    }

    /// What screening looks at in one command line.
    package struct Command: Sendable, Equatable {
        /// It ended in LF alone.
        package var hasBareNewline = false
        /// It is HTTP, a header line, or forbidden.
        package var isForeign = false
        /// More input is here already.
        package var hasMoreInput = false
        /// It is RCPT: with it the tests of the live session end.
        package var isRecipient = false

        package init() {}
    }

    private enum Phase: Sendable {
        case new, early, live, over
    }

    private let rules: ScreeningRules
    private var phase = Phase.new
    private var isNew: Bool
    /// What must be passed, has been passed, has failed, and needs no more looking at.
    private var open: ScreeningTests
    private var passed: ScreeningTests = []
    private var failed: ScreeningTests = []
    private var done: ScreeningTests = []
    /// What is known of the client for next time.
    private var record: ScreeningRecord
    /// What every recipient is refused with.
    package private(set) var refusal: Reply?
    /// The score that failed; nil: none did.
    package private(set) var rank: Int?

    /// - Parameters:
    ///   - record: what the cache knows of the client; nil: nothing.
    ///   - isDenied: the access list wants every recipient refused.
    package init(rules: ScreeningRules, record known: ScreeningRecord?, isDenied: Bool = false, now: Int64) {
        self.rules = rules
        var record = known ?? ScreeningRecord()
        isNew = known == nil
        open = []
        for test in ScreeningTest.allCases {
            if rules.tests.contains(test) {
                if record[test] == ScreeningRecord.never { isNew = true }
                if now > Int64(record[test]) { open.insert(ScreeningTests(test)) }
            } else if record[test] == ScreeningRecord.never {
                record[test] = ScreeningRecord.unasked
            }
        }
        self.record = record
        if isDenied { refusal = .serviceUnavailable(550) }
    }

    /// Tests before the greeting that are not over.
    package var awaited: ScreeningTests { phase == .early ? open.intersection(.early).subtracting(done) : [] }

    /// Whether the client spoke before its turn and gets no greeting for it.
    package var withholdsGreeting: Bool { failed.contains(.pregreet) }

    /// Whether the client must not send commands ahead.
    package var forbidsPipelining: Bool { phase == .live && open.contains(.pipelining) }

    /// What is to be remembered of the client; nil when it has passed nothing, or failed.
    package var memory: ScreeningRecord? { failed.isEmpty && !isRefused && !passed.isEmpty ? record : nil }

    private var isRefused: Bool { refusal != nil }
}

// Before the greeting.
extension ScreeningMachine {
    /// The client is there.
    package mutating func connected() -> Action {
        guard phase == .new else { return .none }
        if open.isEmpty, !isRefused {
            phase = .over
            return .pass(.old)
        }
        phase = .early
        guard !open.isDisjoint(with: .early) else { return earlyTestsEnded() }
        return .park(teases: open.contains(.pregreet), asks: open.contains(.blocklist))
    }

    /// The client spoke before its turn.
    ///
    /// - Parameter score: what the lists have said so far.
    package mutating func spoke(_ score: BlocklistScore?, at now: Int64) -> Action {
        guard phase == .early, awaited.contains(.pregreet) else { return .none }
        done.insert(.pregreet)
        switch rules.action(for: .pregreet) {
        case .drop:
            failed.insert(.pregreet)
            phase = .over
            return .drop(.protocolError(521))
        case .enforce:
            failed.insert(.pregreet)
            refuse(with: .protocolError(550))
        case .ignore:
            break
        }
        return awaited.isEmpty ? waited(score, at: now) : .none
    }

    /// Every list has answered.
    package mutating func listsAnswered(_ score: BlocklistScore, at now: Int64) -> Action {
        guard phase == .early, awaited.contains(.blocklist) else { return .none }
        done.insert(.blocklist)
        allow(score, at: now)
        return awaited.isEmpty ? waited(score, at: now) : .none
    }

    /// The wait for the greeting is over.
    ///
    /// - Parameter score: what the lists have said by now; nil when they were not asked.
    package mutating func waited(_ score: BlocklistScore?, at now: Int64) -> Action {
        guard phase == .early else { return .none }
        if open.contains(.pregreet), !done.contains(.pregreet) {
            pass(.pregreet, until: rules.expiry(of: .pregreet, at: now))
        }
        if open.contains(.blocklist), let score {
            allow(score, at: now)
            if let end = judge(score, at: now) { return end }
        }
        return earlyTestsEnded()
    }

    /// An allow list's client need not pass any other test.
    private mutating func allow(_ score: BlocklistScore, at now: Int64) {
        guard rules.allowlistThreshold < 0, score.total <= rules.allowlistThreshold, failed.isEmpty, !isRefused else {
            return
        }
        let end = rules.expiry(of: score, at: now)
        for test in ScreeningTest.allCases where test != .blocklist && open.contains(test) && !passed.contains(test) {
            pass(test, until: max(end, record[test]))
        }
    }

    private mutating func judge(_ score: BlocklistScore, at now: Int64) -> Action? {
        guard score.total >= rules.threshold else {
            pass(.blocklist, until: rules.expiry(of: score, at: now))
            return nil
        }
        rank = score.total
        switch rules.action(for: .blocklist) {
        case .drop:
            failed.insert(.blocklist)
            phase = .over
            return .drop(.blocklisted(521))
        case .enforce:
            failed.insert(.blocklist)
            refuse(with: .blocklisted(550))
        case .ignore:
            break
        }
        return nil
    }

    private mutating func earlyTestsEnded() -> Action {
        if isRefused {
            // why: what a refused client does next is worth knowing, whatever it is tested for.
            open.formUnion([.pipelining, .nonSMTPCommand])
        } else if open.intersection(.deep).isSubset(of: passed) {
            return conclude()
        }
        phase = .live
        return .watch
    }
}

// The live session.
extension ScreeningMachine {
    /// A command line came in; the tests that it fails are in `violations`, in the order in which they are looked at.
    package mutating func received(_ command: Command, at now: Int64, violations: inout [ScreeningTest]) -> Action {
        guard phase == .live else { return .none }
        for (test, isViolated) in [
            (ScreeningTest.bareNewline, command.hasBareNewline), (.nonSMTPCommand, command.isForeign),
            (.pipelining, command.hasMoreInput),
        ] where isViolated && open.contains(test) && !done.contains(ScreeningTests(test)) {
            violations.append(test)
            if let end = fail(test, at: now) { return end }
        }
        guard command.isRecipient, !isRefused else { return .none }
        for test in ScreeningTest.allCases
        where open.intersection(.deep).contains(test) && !passed.contains(test) && !done.contains(ScreeningTests(test))
        {
            pass(test, until: rules.expiry(of: test, at: now))
        }
        return conclude()
    }

    /// The connection is gone; returns what is to be remembered of the client, if anything.
    package mutating func disconnected() -> ScreeningRecord? {
        defer { phase = .over }
        return phase == .live ? memory : nil
    }

    private mutating func fail(_ test: ScreeningTest, at now: Int64) -> Action? {
        done.insert(ScreeningTests(test))
        passed.remove(ScreeningTests(test))
        record[test] = ScreeningRecord.never
        switch rules.action(for: test) {
        case .drop:
            failed.insert(ScreeningTests(test))
            phase = .over
            return .drop(test == .nonSMTPCommand ? .nonSMTPCommand : .protocolError(521))
        case .enforce:
            failed.insert(ScreeningTests(test))
            refuse(with: .protocolError(550))
        case .ignore:
            // why: a failure that is ignored counts as passed until it would have to be passed again, as in Postfix.
            pass(test, until: rules.expiry(of: test, at: now))
        }
        return nil
    }

    private mutating func pass(_ test: ScreeningTest, until end: UInt32) {
        passed.insert(ScreeningTests(test))
        done.insert(ScreeningTests(test))
        record[test] = end
    }

    private mutating func refuse(with reply: Reply) {
        if refusal == nil { refusal = reply }
    }

    private mutating func conclude() -> Action {
        phase = .over
        guard !passed.isEmpty, passed == open else { return .pass(.unblessed) }
        return .pass(isNew ? .new : .old)
    }
}

extension Reply {
    /// 521 5.5.1 or 550 5.5.1: the client failed a test of the protocol (Postfix's postscreen).
    static func protocolError(_ code: Int) -> Reply {
        Reply(code, EnhancedStatus(5, 5, 1), "Protocol error")
    }

    /// 521 5.7.0: the client does not speak SMTP.
    static let nonSMTPCommand = Reply(521, EnhancedStatus(5, 7, 0), "Error: I can break rules, too. Goodbye.")

    /// 521 5.7.1 or 550 5.7.1: the text without the client and the list, which the handler knows.
    static func blocklisted(_ code: Int) -> Reply {
        Reply(code, EnhancedStatus(5, 7, 1), "Service unavailable")
    }

    /// Whether the reply is about a list that has the client.
    var isAboutBlocklists: Bool { enhanced == EnhancedStatus(5, 7, 1) }

    /// 521 5.7.1 or 550 5.7.1 with the client and the list (Postfix: postscreen_early.c).
    static func blocklisted(_ code: Int, client: String, by list: String) -> Reply {
        Reply(code, EnhancedStatus(5, 7, 1), "Service unavailable; client [\(client)] blocked using \(list)")
    }

    /// 421 without an enhanced code: a limit of screening is reached.
    static func tryAgainLater(at hostname: String) -> Reply {
        Reply(421, nil, "\(hostname) Service unavailable - try again later")
    }
}
