// SPDX-License-Identifier: Apache-2.0

import Balancing
import Statistics

/// The words that say how sessions are logged (HAProxy configuration manual 4.2 and 8).
enum LogKeywords {
    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "log",
            "global | TARGET [len LENGTH] [format FORMAT] [FACILITY [LEVEL [MINLEVEL]]]",
            default: "off",
            in: .proxies,
            "Sessions are logged to the targets of 'global', to targets of the section's own, or both; 'no log' takes it back",
            negatable: true,
            repeatable: true
        ) { proxy, words throws(Finding) in
            guard !words.isNegated else {
                proxy.logs = false
                proxy.logTargets = []
                return
            }
            let word = try words.next("'global' or a target")
            guard word.text != "global" else {
                proxy.logs = true
                return
            }
            let target = try LogNotation.target(word, &words)
            guard proxy.kind != .backend else {
                words.warn(at: word, "sessions are logged by their frontend: targets of a backend have no effect")
                return
            }
            proxy.logTargets.append(target)
        },
        Keyword("log-tag", "NAME", default: "the global one", in: .proxies, "The identifier of the section's lines") {
            proxy,
            words throws(Finding) in
            proxy.frontend.log.tag = try words.identifier()
        },
        Keyword(
            "log-format",
            "TEXT",
            default: "none",
            in: .clientSide,
            "The line of a session, instead of that of 'option tcplog': text with HAProxy's variables for TCP (%ci, %ts, ...)"
        ) { proxy, words throws(Finding) in
            proxy.frontend.log.format = try LogFormatNotation.format(words.next("a text in quotes"))
        },
        Keyword(
            "option dontlog-normal",
            default: "off",
            in: .clientSide,
            "Only sessions that failed, were repeated or moved to another server leave a line",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.frontend.log.omitsNormal = !words.isNegated
        },
        Keyword(
            "option log-separate-errors",
            default: "off",
            in: .clientSide,
            "Lines of sessions that failed, were repeated or moved have the level err instead of info",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.frontend.log.separatesErrors = !words.isNegated
        },
        Keyword(
            "option logasap",
            default: "off",
            in: .clientSide,
            "The line is written once the server is connected, with '+' before what is not known yet",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.frontend.log.isEarly = !words.isNegated
        },
    ]
}

/// Owns the log's targets while sections add theirs: each section with targets of its own gets a channel.
struct LogChannels {
    /// Channels beside that of `global`: a record carries the number, a target one bit for each.
    static let limit: UInt8 = 63

    private(set) var targets: [LogTarget]
    private var next: UInt8 = 1

    init(_ global: [LogTarget]) {
        targets = global
    }

    /// The channel that reaches `own` targets, and those of `global` where `global` is true; nil when there are too many.
    mutating func channel(_ own: [LogTarget], global: Bool) -> UInt8? {
        guard !own.isEmpty else { return 0 }
        guard next <= Self.limit else { return nil }
        let bit: UInt64 = 1 << UInt64(next)
        defer { next += 1 }
        if global {
            for index in targets.indices where targets[index].channels & 1 != 0 { targets[index].channels |= bit }
        }
        for target in own {
            // One target for all who share it: two would write to one socket side by side.
            if let index = targets.firstIndex(where: { $0.isSame(as: target) }) {
                targets[index].channels |= bit
            } else {
                var target = target
                target.channels = bit
                targets.append(target)
            }
        }
        return next
    }
}

extension LogTarget {
    fileprivate func isSame(as other: LogTarget) -> Bool {
        var copy = self
        copy.channels = other.channels
        return copy == other
    }
}
