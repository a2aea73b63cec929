// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import ProxyProtocol
import Reception
import Spooling
import Statistics

extension ApplianceSettings {
    /// Every setting that differs from its default, one a line, in the order of declaration: for tests, which keep it in
    /// files, and for people who compare two configurations.
    package func dump() -> String {
        var lines: [String] = []
        SettingsDump.lines(of: self, against: ApplianceSettings(), at: "", into: &lines)
        return lines.joined(separator: "\n")
    }
}

/// Owns the walk through settings, by reflection, so that a new setting is never forgotten.
private enum SettingsDump {
    static func lines(of value: Any, against standard: Any?, at path: String, into lines: inout [String]) {
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .struct, !isNotation(value) else {
            let text = self.text(value)
            if standard.map({ self.text($0) }) != text { lines.append("\(path) = \(text)") }
            return
        }
        let standards = standard.map { Array(Mirror(reflecting: $0).children) } ?? []
        for (index, child) in mirror.children.enumerated() {
            let name = child.label ?? "\(index)"
            let place = path.isEmpty ? name : "\(path).\(name)"
            let standard = index < standards.count ? standards[index].value : nil
            self.child(child.value, against: standard, at: place, into: &lines)
        }
    }

    private static func child(_ value: Any, against standard: Any?, at place: String, into lines: inout [String]) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            guard let inner = mirror.children.first?.value else {
                if standard.map({ text($0) }) != "nil" { lines.append("\(place) = nil") }
                return
            }
            let other = standard.flatMap { Mirror(reflecting: $0).children.first?.value }
            // A structure that is there where there is none by default is worth a line of its own.
            if Mirror(reflecting: inner).displayStyle == .struct, other == nil, !isNotation(inner) {
                lines.append("\(place):")
            }
            self.lines(of: inner, against: other ?? blank(inner), at: place, into: &lines)
        case .collection where isOfStructures(mirror):
            for (index, element) in mirror.children.enumerated() {
                lines.append("\(place)[\(index)]:")
                self.lines(of: element.value, against: blank(element.value), at: "\(place)[\(index)]", into: &lines)
            }
        default:
            self.lines(of: value, against: standard, at: place, into: &lines)
        }
    }

    /// Whether a value is shown in the notation of the file, not by its parts.
    private static func isNotation(_ value: Any) -> Bool {
        value is AddressRange || value is ReplyTemplate || value is TableName || value is Rule || value is SwitchRule
            || value is AddressListSettings || value is UniqueIDFormat
    }

    private static func isOfStructures(_ mirror: Mirror) -> Bool {
        guard let first = mirror.children.first?.value, !isNotation(first) else { return false }
        return Mirror(reflecting: first).displayStyle == .struct && !(first is String)
    }

    private static func text(_ value: Any) -> String {
        switch value {
        case let text as String: return text.debugDescription
        case let range as AddressRange: return notation(range)
        default: break
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional: return mirror.children.first.map { text($0.value) } ?? "nil"
        case .collection: return "[" + mirror.children.map { text($0.value) }.joined(separator: ", ") + "]"
        default: return "\(value)"
        }
    }

    /// CIDR; the range keeps its fields to itself.
    private static func notation(_ range: AddressRange) -> String {
        let fields = Mirror(reflecting: range).children
        guard let network = fields.first(where: { $0.label == "network" })?.value as? IPAddress,
            let length = fields.first(where: { $0.label == "prefixLength" })?.value as? Int
        else { return "\(range)" }
        return network.isIPv4 ? "\(network)/\(length - 96)" : "[\(network)]/\(length)"
    }

    /// What an element of a list is compared with: the defaults of its type.
    private static func blank(_ value: Any) -> Any? {
        switch value {
        case is FrontendSettings: FrontendSettings(name: "")
        case is BackendSettings: BackendSettings(name: "")
        case is ServerSettings: ServerSettings(name: "", target: .unix(path: ""))
        case is BindSettings: BindSettings(address: .unix(path: ""))
        case is PoolSettings: PoolSettings(name: "")
        case is MilterSettings: MilterSettings(name: "", address: .unix(path: ""))
        case is PoolListener: PoolListener(pool: "", bind: BindSettings(address: .unix(path: "")))
        case is StatsSocketSettings: StatsSocketSettings(address: .unix(path: ""))
        // Unlike any target, so that what makes a target is always shown.
        case is LogTarget: LogTarget(destination: .unix(path: ""), format: .timed, facility: -1, maximum: .emergency)
        case is SpoolSettings: SpoolSettings()
        case is PageSettings: PageSettings(name: "")
        case is PageSettings.Listener: PageSettings.Listener(address: .unix(path: ""))
        default: nil
        }
    }
}
