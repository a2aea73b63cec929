// SPDX-License-Identifier: Apache-2.0

/// Owns the way from one line to its words: quotes, escapes, comments and environment variables (HAProxy configuration
/// manual 2.2 and 2.3).
///
/// Different from HAProxy: `${NAME}` is replaced outside of quotes too, and a variable that is not set is a warning.
struct Tokenizer {
    /// What an unbraced `$name` is.
    enum Dialect {
        /// An environment variable inside double quotes, plain text outside of them.
        case haproxy
        /// A reference to another parameter, which is kept for `ParameterExpansion`; a dollar that is text becomes `$$`.
        case parameters
    }

    /// The value of an environment variable, nil when it is not set.
    let environment: (String) -> String?

    /// The words of a line; nil when its quotes or variables are wrong, which `findings` then tells.
    ///
    /// Messages about a line that holds a secret name nothing that stands in it.
    func words(
        of line: ArraySlice<UInt8>,
        number: Int,
        dialect: Dialect,
        isSecret: Bool,
        findings: inout Findings
    ) -> [Word]? {
        var scanner = LineScanner(
            bytes: line,
            number: number,
            dialect: dialect,
            isSecret: isSecret,
            environment: environment
        )
        do {
            let words = try scanner.words()
            for warning in scanner.warnings { findings.add(warning) }
            return words
        } catch {
            findings.add(error)
            return nil
        }
    }
}

/// Owns the place in the line and the word that grows.
private struct LineScanner {
    private enum Quotes { case none, weak, strong }

    private let bytes: ArraySlice<UInt8>
    private let number: Int
    private let dialect: Tokenizer.Dialect
    private let isSecret: Bool
    private let environment: (String) -> String?
    private var position: Int
    private var word: [UInt8] = []
    private var wordStart: Int?
    private var isLiteral = true
    private var finished: [Word] = []
    private(set) var warnings: [Finding] = []

    init(
        bytes: ArraySlice<UInt8>,
        number: Int,
        dialect: Tokenizer.Dialect,
        isSecret: Bool,
        environment: @escaping (String) -> String?
    ) {
        self.bytes = bytes
        self.number = number
        self.dialect = dialect
        self.isSecret = isSecret
        self.environment = environment
        self.position = bytes.startIndex
    }

    mutating func words() throws(Finding) -> [Word] {
        var quotes = Quotes.none
        var quoteStart = position
        while position < bytes.endIndex {
            let byte = bytes[position]
            switch (byte, quotes) {
            case (UInt8(ascii: "\""), .none), (UInt8(ascii: "'"), .none):
                quotes = byte == UInt8(ascii: "'") ? .strong : .weak
                quoteStart = position
                begin()
                isLiteral = false
                position += 1
            case (UInt8(ascii: "\""), .weak), (UInt8(ascii: "'"), .strong):
                quotes = .none
                position += 1
            case (UInt8(ascii: "\\"), .none), (UInt8(ascii: "\\"), .weak):
                try escape()
            case (UInt8(ascii: "$"), .none), (UInt8(ascii: "$"), .weak):
                try dollar(isWeaklyQuoted: quotes == .weak)
            case (UInt8(ascii: "#"), .none):
                finish()
                return finished
            case (0x20, .none), (0x09...0x0D, .none):
                finish()
                position += 1
            case (_, .strong):
                append(byte)
                position += 1
            case (_, .none), (_, .weak):
                begin()
                word.append(byte)
                position += 1
            }
        }
        if quotes != .none { throw failure(at: quoteStart, "the quotation mark has no counterpart in this line") }
        finish()
        return finished
    }

    private mutating func begin() {
        if wordStart == nil { wordStart = position - bytes.startIndex }
    }

    private mutating func finish() {
        guard let start = wordStart else { return }
        finished.append(
            Word(String(decoding: word, as: UTF8.self), line: number, offset: start, isLiteral: isLiteral)
        )
        word.removeAll(keepingCapacity: true)
        wordStart = nil
        isLiteral = true
    }

    /// Appends a byte that is text whatever it looks like.
    private mutating func append(_ byte: UInt8) {
        begin()
        word.append(byte)
        if byte == UInt8(ascii: "$"), dialect == .parameters { word.append(byte) }
    }

    private mutating func escape() throws(Finding) {
        begin()
        isLiteral = false
        guard position + 1 < bytes.endIndex else {
            throw failure(at: position, "the backslash at the end of the line escapes nothing; lines do not continue")
        }
        let escaped = bytes[position + 1]
        switch escaped {
        case UInt8(ascii: "n"): word.append(0x0A)
        case UInt8(ascii: "r"): word.append(0x0D)
        case UInt8(ascii: "t"): word.append(0x09)
        case UInt8(ascii: "x"):
            guard position + 3 < bytes.endIndex, let high = bytes[position + 2].hexadecimal,
                let low = bytes[position + 3].hexadecimal
            else { throw failure(at: position, "'\\x' needs two hexadecimal digits") }
            let byte = high << 4 | low
            guard (0x01...0x7F).contains(byte) else {
                throw failure(at: position, "'\\x' reaches from \\x01 to \\x7f")
            }
            append(byte)
            position += 4
            return
        case UInt8(ascii: " "), 0x09, UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "$"):
            append(escaped)
        default:
            // As in HAProxy any other backslash is text, so that regular expressions need no second one.
            word.append(UInt8(ascii: "\\"))
            position += 1
            return
        }
        position += 2
    }

    private mutating func dollar(isWeaklyQuoted: Bool) throws(Finding) {
        begin()
        let start = position
        let next = position + 1 < bytes.endIndex ? bytes[position + 1] : 0
        if next == UInt8(ascii: "{") {
            try bracedVariable(from: start)
        } else if dialect == .haproxy, isWeaklyQuoted, next.beginsVariableName {
            let name = bytes[(position + 1)...].prefix { $0.continuesVariableName }
            position = name.endIndex
            try replace(String(decoding: name, as: UTF8.self), otherwise: nil, from: start)
        } else if dialect == .parameters, next == UInt8(ascii: "$") {
            word.append(contentsOf: [next, next])
            position += 2
        } else {
            word.append(UInt8(ascii: "$"))
            position += 1
        }
    }

    private mutating func bracedVariable(from start: Int) throws(Finding) {
        if dialect == .parameters, try stressValue(from: start) { return }
        let inside = bytes[(start + 2)...].prefix { $0 != UInt8(ascii: "}") }
        guard inside.endIndex < bytes.endIndex else { throw failure(at: start, "'${' has no '}' in this line") }
        position = inside.endIndex + 1
        let name = inside.prefix { $0.continuesVariableName }
        guard let first = name.first, first.beginsVariableName else {
            throw failure(at: start, "'${' must be followed by the name of an environment variable")
        }
        var fallback: String?
        if name.endIndex < inside.endIndex {
            guard inside[name.endIndex] == UInt8(ascii: "-") else {
                throw failure(at: start, "only ${NAME} and ${NAME-default} are understood")
            }
            fallback = String(decoding: inside[(name.endIndex + 1)...], as: UTF8.self)
        }
        try replace(String(decoding: name, as: UTF8.self), otherwise: fallback, from: start)
    }

    /// Keeps `${stress?{2}:{6}}` as it stands: which of the values counts is known only when the pool runs.
    private mutating func stressValue(from start: Int) throws(Finding) -> Bool {
        let inside = bytes[(start + 2)...]
        guard inside.starts(with: Array("stress?".utf8)) || inside.starts(with: Array("stress:".utf8)) else {
            return false
        }
        var depth = 0
        for index in start..<bytes.endIndex {
            if bytes[index] == UInt8(ascii: "{") { depth += 1 }
            if bytes[index] == UInt8(ascii: "}") { depth -= 1 }
            append(bytes[index])
            if depth == 0, bytes[index] == UInt8(ascii: "}") {
                position = index + 1
                return true
            }
        }
        throw failure(at: start, "'${stress' has no '}' in this line")
    }

    private mutating func replace(_ name: String, otherwise fallback: String?, from start: Int) throws(Finding) {
        isLiteral = false
        let given = environment(name)
        let shown = isSecret ? "'***'" : name.shown
        if given == nil, fallback == nil {
            warnings.append(
                Finding(
                    .warning,
                    line: number,
                    offset: start - bytes.startIndex,
                    "the environment variable \(shown) is not set: nothing stands in its place"
                )
            )
        }
        guard let value = given ?? fallback else { return }
        guard value.utf8.count + word.count <= ConfigurationLimits.wordBytes else {
            throw failure(at: start, "the environment variable \(shown) is too long")
        }
        guard !value.utf8.contains(0) else {
            throw failure(at: start, "the environment variable \(shown) contains a NUL byte")
        }
        for byte in value.utf8 { append(byte) }
    }

    private func failure(at position: Int, _ message: String) -> Finding {
        Finding(.error, line: number, offset: position - bytes.startIndex, message)
    }
}

extension UInt8 {
    fileprivate var hexadecimal: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    fileprivate var beginsVariableName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }

    fileprivate var continuesVariableName: Bool {
        beginsVariableName || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
