// SPDX-License-Identifier: Apache-2.0

import Balancing

/// What checks of servers do beyond connecting (HAProxy configuration manual 4.2).
enum CheckKeywords {
    /// `tcp-check` lines of one section.
    private static let maximumSteps = 100

    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "option smtpchk",
            "[HELO NAME | EHLO NAME [starttls]]",
            default: "off; without arguments HELO localhost",
            in: .serverSide,
            "Checks read the greeting, say hello, begin TLS where 'starttls' is there and say hello again, and QUIT;"
                + " 'timeout check' should leave time for a greeting that is late",
            negatable: true
        ) { proxy, words throws(Finding) in
            let command = words.peek
            let arguments = words.rest()
            proxy.backend.checksStartTLS = false
            guard !words.isNegated else {
                proxy.backend.checkMethod = .connect
                return
            }
            guard let command else {
                proxy.backend.checkMethod = .smtp(hello: "HELO localhost")
                return
            }
            guard ["HELO", "EHLO"].contains(command.text.uppercased()) else {
                let hint = NearestWord.hint(for: command.text, among: ["HELO", "EHLO"])
                throw Finding(
                    at: command,
                    "'option smtpchk' takes 'HELO' or 'EHLO' and a name, not \(command.shown)\(hint)"
                )
            }
            let startsTLS = arguments.count == 3 && arguments[2].text.lowercased() == "starttls"
            guard arguments.count == 2 || startsTLS, arguments[1].text.isHelloName else {
                let wrong = arguments.count > 1 ? arguments[arguments.count == 2 ? 1 : 2] : command
                throw Finding(at: wrong, "'option smtpchk \(command.text)' needs one name such as relay.example.net")
            }
            if startsTLS, command.text.uppercased() != "EHLO" {
                throw Finding(at: arguments[2], "'starttls' needs 'EHLO': a server offers it in its answer to that")
            }
            proxy.backend.checksStartTLS = startsTLS
            proxy.backend.checkMethod = .smtp(hello: "\(command.text.uppercased()) \(arguments[1].text)")
        },
        Keyword(
            "option tcp-check",
            default: "off",
            in: .serverSide,
            "Checks do what the 'tcp-check' lines say; without such lines they only connect",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.backend.checkMethod = words.isNegated ? .connect : .steps
        },
        Keyword(
            "tcp-check connect",
            "[port PORT] [send-proxy]",
            in: .serverSide,
            "Opens a connection; the first line may leave that out",
            repeatable: true
        ) { proxy, words throws(Finding) in
            try add(connect(&words), to: &proxy, words)
        },
        Keyword("tcp-check send", "TEXT", in: .serverSide, "Sends a text, such as \"QUIT\\r\\n\"", repeatable: true) {
            proxy,
            words throws(Finding) in
            let text = try words.next("a text")
            try add(.send(Array(text.text.utf8)), to: &proxy, words)
        },
        Keyword("tcp-check send-binary", "HEX", in: .serverSide, "Sends bytes", repeatable: true) {
            proxy,
            words throws(Finding) in
            try add(.send(bytes(words.next("bytes in hexadecimal digits"))), to: &proxy, words)
        },
        Keyword(
            "tcp-check expect",
            "[!] string TEXT | rstring REGEX | binary HEX",
            in: .serverSide,
            "Waits until the answer contains this, or fails when it contains what it must not; REGEX is PCRE's without "
                + "back references, look-around, and atomic and possessive groups",
            repeatable: true
        ) { proxy, words throws(Finding) in
            try add(.expect(pattern(&words)), to: &proxy, words)
        },
        Keyword(
            "tcp-check comment",
            "TEXT",
            in: .serverSide,
            "Is said where the line that follows fails",
            repeatable: true
        ) { proxy, words throws(Finding) in
            let text = try words.next("a text")
            try add(.comment(text.text), to: &proxy, words)
        },
    ]

    private static func add(_ step: CheckStep, to proxy: inout ProxyDraft, _ words: Arguments) throws(Finding) {
        if proxy.inheritsCheckSteps {
            proxy.backend.checkSteps = []
            proxy.inheritsCheckSteps = false
        }
        guard proxy.backend.checkSteps.count < maximumSteps else {
            throw Finding(at: words.keyword, "a section has at most \(maximumSteps) 'tcp-check' lines")
        }
        proxy.backend.checkSteps.append(step)
    }

    private static func connect(_ words: inout Arguments) throws(Finding) -> CheckStep {
        var port: Int?
        var sendsProxy = false
        while let word = words.peek {
            words.skip()
            switch word.text {
            case "port": port = try words.integer(in: 1...65_535)
            case "send-proxy": sendsProxy = true
            case "default", "linger": break
            default:
                let hint = NearestWord.hint(for: word.text, among: ["port", "send-proxy"])
                throw Finding(at: word, "'tcp-check connect' takes 'port' and 'send-proxy', not \(word.shown)\(hint)")
            }
        }
        return .connect(port: port, sendsProxy: sendsProxy)
    }

    private static func pattern(_ words: inout Arguments) throws(Finding) -> CheckPattern {
        var word = try words.next("'string', 'rstring' or 'binary'")
        let isNegated = word.text == "!"
        if isNegated { word = try words.next("'string', 'rstring' or 'binary'") }
        let kinds: [(String, CheckPattern.Kind)] = [("string", .string), ("rstring", .expression), ("binary", .binary)]
        guard let kind = kinds.first(where: { $0.0 == word.text })?.1 else {
            let hint = NearestWord.hint(for: word.text, among: kinds.map(\.0))
            let known = "'string', 'rstring' or 'binary'"
            throw Finding(at: word, "'tcp-check expect' takes \(known), not \(word.shown)\(hint)")
        }
        let value = try words.next("what to look for")
        guard !value.text.isEmpty else { throw Finding(at: value, "an empty text is in every answer") }
        let bytes = kind == .binary ? try bytes(value) : Array(value.text.utf8)
        guard let pattern = CheckPattern(kind, bytes, isNegated: isNegated) else {
            throw Finding(at: value, "\(value.shown) is no regular expression, or has back references or look-around")
        }
        return pattern
    }

    private static func bytes(_ word: Word) throws(Finding) -> [UInt8] {
        let digits = Array(word.text)
        guard !digits.isEmpty, digits.count.isMultiple(of: 2) else {
            throw Finding(at: word, "\(word.shown) is no sequence of bytes: two hexadecimal digits for each")
        }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard digits[index].isHexDigit, let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else {
                throw Finding(at: word, "\(word.shown) is no sequence of bytes: two hexadecimal digits for each")
            }
            bytes.append(byte)
        }
        return bytes
    }
}

extension String {
    /// Whether a HELO can say it: printable, without white space (RFC 5321 section 4.1.1.1).
    fileprivate var isHelloName: Bool {
        !isEmpty && utf8.count <= 255 && utf8.allSatisfy { (0x21..<0x7F).contains($0) }
    }
}
