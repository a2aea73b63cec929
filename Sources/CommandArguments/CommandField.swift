// SPDX-License-Identifier: Apache-2.0

/// What the reader and the help must know of an option, flag or argument.
struct FieldFacts {
    enum Kind {
        /// `--name VALUE`
        case option
        /// `--name`
        case flag
        /// A word by its place; with `isList` all words that are left.
        case argument
    }

    var kind: Kind
    var names: NameSpecification = .long
    var help = ArgumentHelp()
    /// Whether the command cannot do without.
    var isRequired = false
    /// Whether it may be given several times.
    var isList = false
    /// Whether a list takes options that nobody knows as words.
    var takesUnknown = false
    /// What `--help` prints as the default; empty: nothing.
    var standard = ""
}

/// A property of a command that the command line may set.
protocol CommandField {
    var facts: FieldFacts { get }

    /// Takes a value; false when the text is none. A flag gets an empty one.
    func take(_ text: String) -> Bool
}

/// Where a wrapper keeps its value, so that the reader can set it in a command that is made already.
final class FieldCell<Value> {
    var value: Value
    /// Whether the command line had it: the first item of a list replaces the default.
    var isGiven = false

    init(_ value: Value) { self.value = value }
}

/// A type that a word of the command line can stand for.
package protocol ArgumentValue {
    /// What a required argument is before it is read.
    static var placeholder: Self { get }

    init?(argument: String)

    /// The value as the command line has it.
    var argumentText: String { get }
}

extension String: ArgumentValue {
    /// The empty text.
    package static var placeholder: String { "" }
    /// Every word is a text.
    package init?(argument: String) { self = argument }
    /// The text itself.
    package var argumentText: String { self }
}

extension Int: ArgumentValue {
    /// 0.
    package static var placeholder: Int { 0 }
    /// A decimal number, with a sign if need be; nil for anything else.
    package init?(argument: String) { self.init(argument, radix: 10) }
    /// Decimal digits.
    package var argumentText: String { String(self) }
}

/// How an option or flag is named.
package struct NameSpecification: Sendable, ExpressibleByArrayLiteral {
    enum Element: Sendable, Equatable {
        /// The property's name, in lower case with hyphens.
        case long
        /// Its first letter.
        case short
        case customLong(String)
        case customShort(Character)
    }

    var elements: [Element]

    /// Several names of one field.
    package init(arrayLiteral parts: NameSpecification...) { elements = parts.flatMap(\.elements) }
    private init(_ elements: [Element]) { self.elements = elements }

    /// `--name`, `-n`, or both, made of the property's name; or other names than that.
    package static let long = NameSpecification([.long])
    /// `-n`, from the property's first letter.
    package static let short = NameSpecification([.short])
    /// `--name` and `-n`.
    package static let shortAndLong = NameSpecification([.short, .long])
    /// `--other`, whatever the property is called; without the hyphens here.
    package static func customLong(_ name: String) -> NameSpecification { NameSpecification([.customLong(name)]) }
    /// `-o`, whatever the property is called; without the hyphen here.
    package static func customShort(_ name: Character) -> NameSpecification { NameSpecification([.customShort(name)]) }
}

/// What `--help` says of an option, flag or argument.
package struct ArgumentHelp: Sendable, ExpressibleByStringInterpolation {
    var text = ""
    var valueName: String?
    var isHidden = false

    /// `valueName` stands in angle brackets in the usage line; nil: the property's name.
    package init(_ text: String = "", valueName: String? = nil) {
        self.text = text
        self.valueName = valueName
    }

    /// The text alone, as a literal.
    package init(stringLiteral text: String) { self.text = text }

    /// Not in `--help`, and not in completions.
    package static var hidden: ArgumentHelp {
        var help = ArgumentHelp()
        help.isHidden = true
        return help
    }
}
