// SPDX-License-Identifier: Apache-2.0

/// One test of a client, in the order in which the cache keeps their results (Postfix: postscreen_tests.c).
package enum ScreeningTest: Int, Sendable, CaseIterable {
    /// It must not speak before the greeting.
    case pregreet = 0
    /// Block and allow lists.
    case blocklist
    /// It must not send commands ahead where PIPELINING was not offered.
    case pipelining
    /// It must speak SMTP and not HTTP.
    case nonSMTPCommand
    /// It must end lines with CRLF.
    case bareNewline
}

/// Several tests.
package struct ScreeningTests: OptionSet, Sendable, Equatable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The set of one test.
    package init(_ test: ScreeningTest) { rawValue = 1 << UInt8(test.rawValue) }

    /// Each test alone.
    package static let pregreet = ScreeningTests(.pregreet)
    /// Block and allow lists alone.
    package static let blocklist = ScreeningTests(.blocklist)
    /// Commands ahead alone.
    package static let pipelining = ScreeningTests(.pipelining)
    /// Another protocol alone.
    package static let nonSMTPCommand = ScreeningTests(.nonSMTPCommand)
    /// Bare line feeds alone.
    package static let bareNewline = ScreeningTests(.bareNewline)
    /// Before and after the greeting.
    package static let early: ScreeningTests = [.pregreet, .blocklist]
    /// Tests of the live session.
    package static let deep: ScreeningTests = [.pipelining, .nonSMTPCommand, .bareNewline]

    /// Whether a test is one of them.
    package func contains(_ test: ScreeningTest) -> Bool { contains(ScreeningTests(test)) }
}

/// Until when each test's result counts, in seconds since 1970: what the temporary allowlist knows of a client.
package struct ScreeningRecord: Sendable, Equatable {
    /// The test was never passed.
    package static let never: UInt32 = 0
    /// The test was never passed, and not asked for when the record was written.
    package static let unasked: UInt32 = 1

    private var times = SIMD8<UInt32>()

    package init() {}

    /// Seconds since 1970, or `never` or `unasked`.
    package subscript(test: ScreeningTest) -> UInt32 {
        get { times[test.rawValue] }
        set { times[test.rawValue] = newValue }
    }

    /// When the last of its results ends.
    package var end: UInt32 { times.max() }

    /// `1700000000;1700000000;0;0;0`, as Postfix's cache has it.
    package var text: String {
        ScreeningTest.allCases.map { String(self[$0]) }.joined(separator: ";")
    }

    /// Reads the text; nil when it is none.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == ScreeningTest.allCases.count else { return nil }
        for test in ScreeningTest.allCases {
            guard let time = UInt32(parts[test.rawValue]) else { return nil }
            self[test] = time
        }
    }
}
