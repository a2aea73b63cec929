// SPDX-License-Identifier: Apache-2.0

import Balancing

/// What sessions tell of a server's health, and what its changes mean for sessions (HAProxy configuration manual 5.2).
enum ObserveKeywords {
    static let server: [Keyword<ServerDraft>] = [
        Keyword(
            "observe",
            "none | layer4",
            default: "none",
            "Connections of sessions count for the server's health: after 'error-limit' failed ones in a row 'on-error' is done."
                + " Needs 'check'"
        ) { server, words throws(Finding) in
            let word = try words.next("'layer4' or 'none'")
            switch word.text {
            case "none": server.settings.observes = false
            case "layer4": server.settings.observes = true
            case "layer7":
                throw Finding(at: word, "'layer7' looks at HTTP, which is not here: write 'observe layer4'")
            default:
                let hint = NearestWord.hint(for: word.text, among: ["layer4", "none"])
                throw Finding(at: word, "'observe' takes 'layer4' or 'none', not \(word.shown)\(hint)")
            }
        },
        Keyword(
            "error-limit",
            "NUMBER",
            default: "10",
            "With 'observe': how many failed connections in a row do 'on-error'"
        ) { server, words throws(Finding) in
            server.settings.observation.errorLimit = try words.integer(in: 1...1_000_000)
        },
        Keyword(
            "on-error",
            "fastinter | fail-check | sudden-death | mark-down",
            default: "fail-check",
            "With 'observe': the next check comes after 'fastinter', in all cases; the errors count as a failed check; one more"
                + " failed check takes the server down; it goes down at once"
        ) { server, words throws(Finding) in
            let names = ObservationSettings.Reaction.allCases.map(\.rawValue)
            let word = try words.next("what to do, such as 'fail-check'")
            guard let reaction = ObservationSettings.Reaction(rawValue: word.text) else {
                let hint = NearestWord.hint(for: word.text, among: names)
                throw Finding(
                    at: word,
                    "'on-error' takes 'fastinter', 'fail-check', 'sudden-death' or 'mark-down', not \(word.shown)\(hint)"
                )
            }
            server.settings.observation.reaction = reaction
        },
        Keyword(
            "on-marked-down",
            "shutdown-sessions",
            default: "sessions stay",
            "A server that goes down takes its sessions with it, at once"
        ) { server, words throws(Finding) in
            try expect("shutdown-sessions", &words)
            server.settings.endsSessionsWhenDown = true
        },
        Keyword(
            "on-marked-up",
            "shutdown-backup-sessions",
            default: "sessions stay",
            "A server that comes up, and is no backup itself, ends the sessions of all backup servers"
        ) { server, words throws(Finding) in
            try expect("shutdown-backup-sessions", &words)
            server.settings.endsBackupSessionsWhenUp = true
        },
    ]

    private static func expect(_ action: String, _ words: inout Arguments) throws(Finding) {
        let word = try words.next("'\(action)'")
        guard word.text == action else {
            let hint = NearestWord.hint(for: word.text, among: [action])
            throw Finding(at: word, "'\(words.name)' takes '\(action)', not \(word.shown)\(hint)")
        }
    }
}
