// SPDX-License-Identifier: Apache-2.0

import Balancing
import Configuration
import Reception
import Testing

struct ApplianceSettingsPoolsTests {
    @Test func aPoolThatBindsIsAFrontendWithItselfAsItsOnlyServer() throws {
        var settings = ApplianceSettings()
        settings.hostname = "relay.example.net"
        settings.logTag = "mailrelay"
        settings.pools = [PoolSettings(name: "quiet"), PoolSettings(name: "inbound")]
        var listener = BindSettings(address: .ip(host: "192.0.2.1", port: 10_024))
        listener.acceptProxy = true
        listener.proxyFrom = []
        settings.poolListeners = [PoolListener(pool: "inbound", bind: listener)]
        let balancer = settings.balancerWithPoolListeners
        #expect(balancer.hostname == "relay.example.net")
        #expect(balancer.logTag == "mailrelay")
        let frontend = try #require(balancer.frontends.first)
        #expect(balancer.frontends.map(\.name) == ["pool@inbound"])
        #expect(frontend.binds.map(\.address) == [.ip(host: "192.0.2.1", port: 10_024)])
        #expect(frontend.binds.first?.acceptProxy == true)
        #expect(frontend.binds.first?.proxyFrom == [])
        #expect(frontend.defaultBackend == balancer.backends.first?.name)
        #expect(balancer.backends.first?.servers.map(\.target) == [.pool(name: "inbound")])
        #expect(balancer.order == ["pool@inbound"])
    }
}
