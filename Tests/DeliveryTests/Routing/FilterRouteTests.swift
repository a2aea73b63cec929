// SPDX-License-Identifier: Apache-2.0

import Delivery
import Testing

/// Mail that a content filter must see first.
struct FilterRouteTests {
    @Test(arguments: [
        ("[127.0.0.1]:10024", "127.0.0.1", 10_024), ("[::1]:10024", "::1", 10_024),
        ("[scan.example]", "scan.example", 25),
    ])
    func goesToTheFilter(text: String, host: String, port: Int) {
        #expect(Router.route(toFilter: text) == .smtp(.init(host: host, port: port, kind: .filter)))
    }

    @Test func whatCannotBeReadWaits() {
        guard case .retry(let dsn, _) = Router.route(toFilter: "[127.0.0.1") else {
            Issue.record("not deferred")
            return
        }
        #expect(dsn == "4.3.5")
    }

    @Test func noFallbackRelayStandsInForAFilter() {
        var settings = RoutingSettings()
        settings.fallbackRelays = [.init(host: "192.0.2.9")]
        var machine = HopWalkMachine(.init(host: "127.0.0.1", port: 10_024, kind: .filter), settings)
        #expect(machine.next() == .resolve(.init(host: "127.0.0.1", port: 10_024, kind: .filter)))
        let failure = RecipientResult(.deferred, dsn: "4.4.1", text: "connect to 127.0.0.1: Connection refused")
        #expect(machine.resolved(.failure(failure)) == .fail(failure))
    }
}
