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
    package static var placeholder: String { "" }
    package init?(argument: String) { self = argument }
    package var argumentText: String { self }
}

extension Int: ArgumentValue {
    package static var placeholder: Int { 0 }
    package init?(argument: String) { self.init(argument, radix: 10) }
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

    package init(arrayLiteral parts: NameSpecification...) { elements = parts.flatMap(\.elements) }
    private init(_ elements: [Element]) { self.elements = elements }

    /// `--name`, `-n`, or both, made of the property's name; or other names than that.
    package static let long = NameSpecification([.long])
    package static let short = NameSpecification([.short])
    package static let shortAndLong = NameSpecification([.short, .long])
    package static func customLong(_ name: String) -> NameSpecification { NameSpecification([.customLong(name)]) }
    package static func customShort(_ name: Character) -> NameSpecification { NameSpecification([.customShort(name)]) }
}

/// What `--help` says of an option, flag or argument.
package struct ArgumentHelp: Sendable, ExpressibleByStringInterpolation {
    var text = ""
    var valueName: String?
    var isHidden = false

    package init(_ text: String = "", valueName: String? = nil) {
        self.text = text
        self.valueName = valueName
    }

    package init(stringLiteral text: String) { self.text = text }

    /// Not in `--help`, and not in completions.
    package static var hidden: ArgumentHelp {
        var help = ArgumentHelp()
        help.isHidden = true
        return help
    }
}
