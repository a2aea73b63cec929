// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Owns a `log` line: `TARGET [len N] [format F] [facility [max [min]]]` (HAProxy configuration manual 3.1, `log`).
///
/// Different from HAProxy: `journal` is a target, the facility may be left out and is then `mail`.
enum LogNotation {
    static let facilities = [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "auth2", "ftp", "ntp",
        "audit", "alert", "cron2", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ]

    static let levels: [(String, Severity)] = [
        ("emerg", .emergency), ("alert", .alert), ("crit", .critical), ("err", .error), ("warning", .warning),
        ("notice", .notice), ("info", .informational), ("debug", .debug),
    ]

    /// Reads the target in `word` and what follows it.
    static func target(_ word: Word, _ words: inout Arguments) throws(Finding) -> LogTarget {
        var target = LogTarget(destination: try destination(word))
        switch target.destination {
        case .journal, .stdout, .stderr: break
        case .datagram, .unix: target.format = .local
        }
        while let option = words.peek, ["len", "format", "sample", "profile"].contains(option.text) {
            words.skip()
            let value = try words.next("a value after '\(option.text)'")
            switch option.text {
            case "format":
                guard let format = LogTarget.Format(rawValue: value.text) else {
                    let names = LogTarget.Format.allCases.map(\.rawValue)
                    let hint = NearestWord.hint(for: value.text, among: names)
                    throw Finding(
                        at: value,
                        "'format' takes \(names.joined(separator: ", ")), not \(value.shown)\(hint)"
                    )
                }
                target.format = format
            case "len":
                target.length = try Quantity.integer(value, in: 80...65_535)
            default:
                words.warn(at: option, "\(option.shown) is not supported by this version and ignored: all lines go out")
            }
        }
        if let facility = words.peek {
            words.skip()
            guard let number = facilities.firstIndex(of: facility.text) else {
                let hint = NearestWord.hint(for: facility.text, among: facilities)
                throw Finding(at: facility, "\(facility.shown) is not a facility\(hint)")
            }
            target.facility = number
        }
        if words.peek != nil { target.maximum = try words.choice(levels) }
        if words.peek != nil { target.minimum = try words.choice(levels) }
        return target
    }

    private static func destination(_ word: Word) throws(Finding) -> LogTarget.Destination {
        switch word.text {
        case "journal": return .journal
        case "stdout", "fd@1": return .stdout
        case "stderr", "fd@2": return .stderr
        default: break
        }
        if word.text.hasPrefix("ring@") || word.text.hasPrefix("fd@") || word.text.hasPrefix("tcp") {
            throw Finding(
                at: word,
                "\(word.shown) is not a log target: write journal, stdout, stderr, HOST:PORT or a path"
            )
        }
        // HAProxy's default port for a syslog server.
        let hasPort = word.text.lastIndex(of: ":").map { !word.text[$0...].contains("]") } ?? false
        let isPath = word.text.hasPrefix("/") || word.text.hasPrefix("unix@")
        if !isPath, !hasPort {
            let names = ["journal", "stdout", "stderr"]
            if let meant = NearestWord.to(word.text, among: names), !word.text.contains(".") {
                throw Finding(at: word, "\(word.shown) is not a log target; did you mean '\(meant)'?")
            }
        }
        let full = isPath || hasPort ? word : word.part(word.text + ":514", at: 0)
        switch try AddressNotation.target(full) {
        case .tcp(let host, let port): return .datagram(host: host, port: port)
        case .unix(let path): return .unix(path: path)
        case .pool: throw Finding(at: word, "a pool is not a log target")
        }
    }
}
