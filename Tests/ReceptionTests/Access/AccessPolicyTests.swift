// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Reception
import Testing

struct AccessPolicyTests {
    private static let table = AccessTable(
        Array("192.0.2.0/25 permit\n192.0.2.0/24 reject\n2001:db8::/64 permit\n2001:db8::/32 reject\n".utf8)
    )

    private func client(_ address: String?) throws -> ClientIdentity {
        guard let address else { return ClientIdentity(ProxyHeader(command: .local)) }
        let source = try SocketAddress(ipAddress: address, port: 4_242)
        return ClientIdentity(ProxyHeader(command: .proxy, source: source, destination: source))
    }

    private static let cases: [(address: String?, expected: AccessVerdict)] = [
        ("192.0.2.1", .permit), ("192.0.2.200", .reject(AccessRefusal())), ("198.51.100.1", .dunno),
        ("2001:db8::1", .permit), ("2001:db8:1::1", .reject(AccessRefusal())), ("2001:db9::1", .dunno), (nil, .dunno),
    ]

    @Test(arguments: cases)
    func aTableDecidesByTheProxiedAddress(address: String?, expected: AccessVerdict) throws {
        let policy = AccessPolicy([.table { AccessPolicyTests.table }])
        #expect(policy.verdict(on: try client(address), isTrusted: false) == expected)
    }

    @Test func theFirstRuleThatKnowsTheClientDecides() throws {
        let reject = AccessVerdict.reject(AccessRefusal())
        let table = AccessPolicy.Rule.table { AccessPolicyTests.table }
        let inside = try client("192.0.2.1")
        let outside = try client("198.51.100.1")
        #expect(AccessPolicy([.permitNetworks, .reject]).verdict(on: inside, isTrusted: true) == .permit)
        #expect(AccessPolicy([.permitNetworks, .reject]).verdict(on: inside, isTrusted: false) == reject)
        #expect(AccessPolicy([.reject, .permitNetworks]).verdict(on: inside, isTrusted: true) == reject)
        #expect(AccessPolicy([table, .reject]).verdict(on: inside, isTrusted: false) == .permit)
        #expect(AccessPolicy([table, .reject]).verdict(on: outside, isTrusted: false) == reject)
        #expect(AccessPolicy([table, .permit, .reject]).verdict(on: outside, isTrusted: false) == .permit)
        #expect(AccessPolicy([]).verdict(on: inside, isTrusted: true) == .dunno)
    }

    @Test func nothingPermitsAClientWithoutIdentity() throws {
        let everybody = AccessTable(Array("0.0.0.0/0 permit\n::/0 permit\n".utf8))
        let policy = AccessPolicy([.permitNetworks, .table { everybody }, .permit, .reject])
        #expect(policy.verdict(on: try client(nil), isTrusted: false) == .reject(AccessRefusal()))
    }

    @Test func aTableThatCouldNeverBeReadDecidesNothing() throws {
        let policy = AccessPolicy([.table { nil }, .reject])
        #expect(policy.verdict(on: try client("192.0.2.1"), isTrusted: false) == .unavailable)
    }
}
