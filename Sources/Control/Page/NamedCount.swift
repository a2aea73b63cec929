// SPDX-License-Identifier: Apache-2.0

import Statistics

/// One number of a role with its name as programs read it: `lost_connections`.
package struct NamedCount: Sendable, Equatable {
    /// Whether the number only grows.
    package enum Kind: Sendable, Equatable { case counter, gauge }

    /// Lower case with underscores: it goes into metrics and JSON as it is.
    package var name: String
    /// Decides the type that metrics say.
    package var kind: Kind
    /// The number at this moment.
    package var value: Int

    /// One number of a role.
    package init(_ name: String, _ kind: Kind, _ value: Int) {
        self.name = name
        self.kind = kind
        self.value = value
    }
}

/// The numbers of one part of the process, such as a pool.
package struct CounterGroup: Sendable {
    /// `pool`, `spool`, `delivery`.
    package var part: String
    /// The pool's name; empty where there is one of the kind.
    package var name: String
    /// In the order of the role's properties.
    package var counts: [NamedCount]

    /// Numbers that are at hand already.
    package init(part: String, name: String = "", counts: [NamedCount]) {
        self.part = part
        self.name = name
        self.counts = counts
    }

    /// Every counter and gauge that the object holds, by reflection: whatever a role begins to count appears by itself, under the
    /// name of its property. A nested object, an array or a dictionary of counters puts its own name in front.
    package init(part: String, name: String = "", of object: Any, gauges: Set<String> = []) {
        self.init(part: part, name: name, counts: [])
        collect(object, prefix: "", gauges, depth: 0)
    }

    private mutating func collect(_ object: Any, prefix: String, _ gauges: Set<String>, depth: Int) {
        // why: an object that refers to itself must not be walked for ever.
        guard depth < 4 else { return }
        for (index, child) in Mirror(reflecting: object).children.enumerated() {
            var value = child.value
            var label = child.label.map(CounterGroup.word) ?? "\(index)"
            if child.label == nil, let pair = value as? (key: String, value: Any) {
                label = CounterGroup.word(pair.key)
                value = pair.value
            }
            let name = prefix.isEmpty ? label : "\(prefix)_\(label)"
            switch value {
            case let counter as Counter:
                counts.append(NamedCount(name, gauges.contains(name) ? .gauge : .counter, counter.value))
            case let gauge as Gauge:
                counts.append(NamedCount(name + "_current", .gauge, gauge.current))
                counts.append(NamedCount(name + "_max", .gauge, gauge.maximum))
                counts.append(NamedCount(name, .counter, gauge.total))
            case is LatencyHistogram, is RateMeter:
                break
            default:
                let style = Mirror(reflecting: value).displayStyle
                guard style == .class || style == .struct || style == .collection || style == .dictionary else { break }
                guard !(value is String) else { break }
                collect(value, prefix: name, gauges, depth: depth + 1)
            }
        }
    }

    /// `lostConnections` and `lost-connections` as `lost_connections`; a run of capitals is one word, `nonSMTPCommands` is
    /// `non_smtp_commands`.
    package static func word(_ label: String) -> String {
        let scalars = Array(label.unicodeScalars)
        var word = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "A"..."Z":
                let followsCapital = index > 0 && ("A"..."Z").contains(scalars[index - 1])
                let precedesSmall = index + 1 < scalars.count && ("a"..."z").contains(scalars[index + 1])
                if !word.isEmpty, word.last != "_", !followsCapital || precedesSmall { word += "_" }
                word.unicodeScalars.append(Unicode.Scalar(scalar.value + 32) ?? scalar)
            case "a"..."z", "0"..."9": word.unicodeScalars.append(scalar)
            default: word += "_"
            }
        }
        return word
    }
}
