// SPDX-License-Identifier: Apache-2.0

/// Owns one line of a keyword table: the word, how it is written, what it stands for, and what it does to a `Target`.
struct Keyword<Target>: Sendable {
    /// What a keyword does when the file has it.
    enum Effect: Sendable {
        /// Reads the arguments and changes the target.
        case apply(@Sendable (inout Target, inout Arguments) throws(Finding) -> Void)
        /// It means nothing here: a warning with the reason.
        case ignored(String)
        /// It is known, not built yet, and harmless to leave out: a warning with the consequence.
        case unsupported(String)
        /// It is known, not built yet, and unsafe to leave out: an error with the reason, unless the value is one of
        /// these, which ask for nothing.
        case refused(String, unless: [String])
    }

    let entry: KeywordEntry
    let effect: Effect

    /// A keyword that works.
    init(
        _ name: String,
        _ usage: String = "",
        default standard: String = "",
        in sections: SectionSet = [],
        _ summary: String,
        negatable: Bool = false,
        repeatable: Bool = false,
        strict: Bool = false,
        _ apply: @escaping @Sendable (inout Target, inout Arguments) throws(Finding) -> Void
    ) {
        entry = KeywordEntry(
            name: name,
            usage: usage,
            standard: standard,
            summary: summary,
            sections: sections,
            isNegatable: negatable,
            isRepeatable: repeatable,
            isStrict: strict
        )
        effect = .apply(apply)
    }

    /// A keyword without arguments, default and sections of its own.
    init(
        _ name: String,
        _ summary: String,
        _ apply: @escaping @Sendable (inout Target, inout Arguments) throws(Finding) -> Void
    ) {
        self.init(name, "", default: "", summary, apply)
    }

    private init(entry: KeywordEntry, effect: Effect) {
        self.entry = entry
        self.effect = effect
    }

    /// Words that mean nothing here. A name that ends in `*` covers all that begin so.
    static func ignored(
        _ names: String...,
        arity: Int = 0,
        in sections: SectionSet = [],
        because reason: String
    ) -> [Keyword] {
        words(names, arity: arity, isSecret: false, in: sections, .ignored(reason), reason)
    }

    /// Words whose feature is not built yet and can be left out.
    static func unsupported(
        _ names: String...,
        arity: Int = 0,
        secret: Bool = false,
        in sections: SectionSet = [],
        so consequence: String
    ) -> [Keyword] {
        words(names, arity: arity, isSecret: secret, in: sections, .unsupported(consequence), consequence)
    }

    /// Words whose feature is not built yet and cannot be left out.
    static func refused(
        _ names: String...,
        arity: Int = 0,
        unless harmless: [String] = [],
        secret: Bool = false,
        in sections: SectionSet = [],
        because reason: String
    ) -> [Keyword] {
        words(names, arity: arity, isSecret: secret, in: sections, .refused(reason, unless: harmless), reason)
    }

    private static func words(
        _ names: [String],
        arity: Int,
        isSecret: Bool,
        in sections: SectionSet,
        _ effect: Effect,
        _ reason: String
    ) -> [Keyword] {
        names.map { name in
            let entry = KeywordEntry(
                name: name,
                summary: reason,
                sections: sections,
                status: effect.status,
                arity: arity,
                isSecret: isSecret
            )
            return Keyword(entry: entry, effect: effect)
        }
    }
}

extension Keyword.Effect {
    fileprivate var status: KeywordEntry.Status {
        switch self {
        case .apply: .works
        case .ignored: .ignored
        case .unsupported: .unsupported
        case .refused: .refused
        }
    }
}

/// Owns what messages and the manual say about a keyword, whatever it acts on.
struct KeywordEntry: Sendable, Equatable {
    enum Status: Sendable { case works, ignored, unsupported, refused }

    let name: String
    /// The arguments as the manual writes them.
    var usage = ""
    /// The default as the manual writes it.
    var standard = ""
    /// One sentence, without a final stop.
    let summary: String
    /// Where it may stand; empty: wherever its table is used.
    var sections: SectionSet = []
    var status = Status.works
    /// How many arguments an option takes that is not read.
    var arity = 0
    /// Whether the arguments must never be shown.
    var isSecret = false
    var isNegatable = false
    /// Whether several lines add up; otherwise the last one counts.
    var isRepeatable = false
    /// Whether the wrong section is an error and not only a warning.
    var isStrict = false

    /// Whether a name that ends in `*` covers a word, or as many words as it has itself.
    func covers(_ name: String, words: Int) -> Bool {
        self.name.hasSuffix("*") && name.hasPrefix(self.name.dropLast())
            && self.name.count { $0 == " " } == words - 1
    }
}
