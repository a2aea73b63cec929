// SPDX-License-Identifier: Apache-2.0

import Resolving
import Support

/// Resolvers in front of a scripted name server, with a clock of their own.
struct ResolverFixture {
    let zone: ScriptedZone
    let clock = TestClock()

    var server: ScriptedNameserver { zone.server }

    init() throws {
        zone = try ScriptedZone()
    }

    func resolver(_ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
        var settings = ResolverSettings()
        settings.nameservers = [server.address]
        settings.hostsFile = nil
        settings.timeout = 20_000
        settings.validates = false
        change(&settings)
        return try Resolver(settings: settings, now: { [clock] in clock.now })
    }
}
