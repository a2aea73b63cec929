// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Owns the rules of a section while it is read: names of acls, tables and backends are still words.
struct RuleDraft {
    /// A fetch, and what its name in the file still has to be looked up for.
    struct Asking {
        enum Subject {
            case ready(Fetch)
            /// A stick table; nil: the section's own.
            case table(Word?, (Int) -> Fetch)
            /// A backend; nil: the one that the connection is on its way to.
            case backend(Word?, (String?) -> Fetch)
            /// A variable of the environment.
            case environment(Word)
        }

        let word: Word
        let kind: Fetch.Kind
        let subject: Subject
    }

    /// What it is compared with.
    enum Matching {
        case ready(Pattern)
        case addresses([AddressRange], files: [Word])
    }

    struct Test {
        let asking: Asking
        let matching: Matching
    }

    struct Acl {
        let name: Word
        let test: Test
    }

    struct Term {
        enum Body {
            case named(Word)
            case anonymous(Test)
        }

        let body: Body
        let isNegated: Bool
    }

    struct Branching {
        var alternatives: [[Term]]
        var isInverted: Bool
    }

    enum Stage: String {
        case connection, session, content
    }

    /// What a line does; the table of a `track` is still a word.
    enum Doing {
        case ready(Rule.Action)
        case track(Int, Rule.TrackKey, table: Word?)
    }

    struct Line {
        let stage: Stage
        let doing: Doing
        let branching: Branching?
        let text: String
        let place: Word
    }

    struct Switch {
        let backend: Word
        let branching: Branching?
        let text: String
    }

    var acls: [Acl] = []
    var lines: [Line] = []
    var switches: [Switch] = []
    var inspectDelay: Int?
    var table: StickTableSettings?

    /// The tests that its lines and acls make, wherever they stand.
    var tests: [Test] {
        let branchings = lines.compactMap(\.branching) + switches.compactMap(\.branching)
        let anonymous = branchings.flatMap { $0.alternatives.joined() }.compactMap { term -> Test? in
            if case .anonymous(let test) = term.body { test } else { nil }
        }
        return acls.map(\.test) + anonymous
    }

    /// The files that its tests name.
    var files: [Word] {
        tests.flatMap { test -> [Word] in
            if case .addresses(_, let files) = test.matching { files } else { [] }
        }
    }

    /// Acls that are there without being written.
    static let predefined = ["TRUE", "FALSE", "LOCALHOST", "REQ_CONTENT", "WAIT_END"]
}
