// SPDX-License-Identifier: Apache-2.0

/// An option with a value: `--name VALUE` or `--name=VALUE`.
@propertyWrapper
package struct Option<Value>: CommandField {
    private let cell: FieldCell<Value>
    private let read: (String, FieldCell<Value>) -> Bool
    let facts: FieldFacts

    /// The value read, or the default.
    package var wrappedValue: Value { cell.value }

    func take(_ text: String) -> Bool { read(text, cell) }

    private init(
        _ value: Value,
        _ facts: FieldFacts,
        read: @escaping (String, FieldCell<Value>) -> Bool
    ) {
        cell = FieldCell(value)
        self.facts = facts
        self.read = read
    }

    /// An option with a default.
    package init(wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp = "")
    where Value: ArgumentValue {
        let standard = wrappedValue.argumentText
        self.init(wrappedValue, FieldFacts(kind: .option, names: name, help: help, standard: standard)) { text, cell in
            guard let value = Value(argument: text) else { return false }
            cell.value = value
            return true
        }
    }

    /// An option that may be absent.
    package init<Item: ArgumentValue>(name: NameSpecification = .long, help: ArgumentHelp = "") where Value == Item? {
        self.init(nil, FieldFacts(kind: .option, names: name, help: help)) { text, cell in
            cell.value = Item(argument: text)
            return cell.value != nil
        }
    }

    /// An option that may be given several times.
    package init<Item: ArgumentValue>(
        wrappedValue: [Item],
        name: NameSpecification = .long,
        help: ArgumentHelp = ""
    ) where Value == [Item] {
        self.init(wrappedValue, FieldFacts(kind: .option, names: name, help: help, isList: true)) { text, cell in
            append(text, to: cell)
        }
    }
}

/// An option without a value.
@propertyWrapper
package struct Flag: CommandField {
    private let cell: FieldCell<Bool>
    let facts: FieldFacts

    /// Whether the command line had the flag.
    package var wrappedValue: Bool { cell.value }

    /// `wrappedValue` is what it is without the flag: false.
    package init(wrappedValue: Bool, name: NameSpecification = .long, help: ArgumentHelp = "") {
        cell = FieldCell(wrappedValue)
        facts = FieldFacts(kind: .flag, names: name, help: help)
    }

    func take(_ text: String) -> Bool {
        cell.value = true
        return true
    }
}

/// A word that is known by its place, or all that are left.
@propertyWrapper
package struct Argument<Value>: CommandField {
    /// Which words a list takes.
    package enum Parsing: Sendable {
        /// All that are no options.
        case remaining
        /// Options that are none of the command's as well, in their order.
        case allUnrecognized
    }

    private let cell: FieldCell<Value>
    private let read: (String, FieldCell<Value>) -> Bool
    let facts: FieldFacts

    /// The words read, or the default.
    package var wrappedValue: Value { cell.value }

    func take(_ text: String) -> Bool { read(text, cell) }

    /// One word that must be there.
    package init(help: ArgumentHelp = "") where Value: ArgumentValue {
        cell = FieldCell(.placeholder)
        facts = FieldFacts(kind: .argument, help: help, isRequired: true)
        read = { text, cell in
            guard let value = Value(argument: text) else { return false }
            cell.value = value
            return true
        }
    }

    /// One word that may be absent.
    package init<Item: ArgumentValue>(help: ArgumentHelp = "") where Value == Item? {
        cell = FieldCell(nil)
        facts = FieldFacts(kind: .argument, help: help)
        read = { text, cell in
            cell.value = Item(argument: text)
            return cell.value != nil
        }
    }

    /// Any number of words.
    package init<Item: ArgumentValue>(
        wrappedValue: [Item],
        parsing: Parsing = .remaining,
        help: ArgumentHelp = ""
    ) where Value == [Item] {
        cell = FieldCell(wrappedValue)
        facts = FieldFacts(kind: .argument, help: help, isList: true, takesUnknown: parsing == .allUnrecognized)
        read = { append($0, to: $1) }
    }
}

/// Options that several commands share.
@propertyWrapper
package struct OptionGroup<Group: ParsableArguments>: CommandFieldGroup {
    /// The group with its values.
    package let wrappedValue: Group

    /// A group with its defaults, filled by the reader.
    package init() { wrappedValue = Group() }

    var members: any ParsableArguments { wrappedValue }
}

/// A property whose own properties are fields of the command.
protocol CommandFieldGroup {
    var members: any ParsableArguments { get }
}

private func append<Item: ArgumentValue>(_ text: String, to cell: FieldCell<[Item]>) -> Bool {
    guard let item = Item(argument: text) else { return false }
    if !cell.isGiven { cell.value = [] }
    cell.isGiven = true
    cell.value.append(item)
    return true
}
