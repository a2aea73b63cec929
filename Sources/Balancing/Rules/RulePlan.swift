// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Owns what rules refer to: tables and lists by their place, backends by name. One for all frontends, made at each reload.
final class RuleResources: Sendable {
    let tables: [StickTable]
    let lists: [AddressList]
    let backends: [String: Backend]
    /// The rules of backends that have some.
    let backendRules: [String: RuleSettings]
    /// The addresses of this host's interfaces.
    private let local: Set<IPAddress>

    /// - Parameter old: what was there before; tables that did not change keep their entries.
    init(_ settings: BalancerSettings, backends: [String: Backend], keeping old: RuleResources?) {
        let before = Dictionary((old?.tables ?? []).map { ($0.settings, $0) }) { first, _ in first }
        tables = settings.tables.map { before[$0] ?? StickTable($0) }
        lists = settings.addressLists.map(AddressList.init)
        self.backends = backends
        backendRules = Dictionary(
            settings.backends.filter { !$0.rules.content.isEmpty }.map { ($0.name, $0.rules) }
        ) { first, _ in first }
        let usesLocal = settings.frontends.contains { $0.rules.asksForLocalAddresses }
        let devices = usesLocal ? (try? System.enumerateDevices()) ?? [] : []
        local = Set(devices.compactMap { $0.address.flatMap { IPAddress($0) } })
    }

    func isLocal(_ address: IPAddress) -> Bool { address.isLoopback || local.contains(address) }
}

/// Owns the rules of a frontend and what they refer to; frontends without any have none.
final class RulePlan: Sendable {
    let settings: RuleSettings
    let resources: RuleResources

    /// Nil where neither the frontend nor a backend it leads to has a rule.
    init?(_ frontend: FrontendSettings, _ resources: RuleResources) {
        let rules = frontend.rules
        let leadsToRules = frontend.defaultBackend.map { resources.backendRules[$0] != nil } ?? false
        guard leadsToRules || !rules.isEmpty else { return nil }
        settings = rules
        self.resources = resources
    }
}

extension RuleSettings {
    /// Whether there is nothing to look at.
    var isEmpty: Bool { connection.isEmpty && session.isEmpty && content.isEmpty && switching.isEmpty }

    fileprivate var asksForLocalAddresses: Bool {
        (connection + session + content).contains { rule in
            rule.condition?.fetches.contains { $0 == .sourceIsLocal || $0 == .destinationIsLocal } ?? false
        } || switching.contains { $0.condition?.fetches.contains { $0 == .sourceIsLocal } ?? false }
    }
}
