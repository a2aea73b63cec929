// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

/// A signed zone behind unbound(8), with its key as the trust anchor.
@Suite(.enabled(if: RunningProgram.exists("/usr/sbin/unbound"), "unbound is not installed"))
struct ValidationTests {
    private static let fixtures = String(#filePath.dropLast("ValidationTests.swift".count)) + "Fixtures"

    private let program: RunningProgram
    private let resolver: Resolver

    init() async throws {
        let port = try RunningProgram.freePort()
        let folder = try RunningProgram.newFolder()
        program = try RunningProgram(
            ["/usr/sbin/unbound", "-d", "-c", "\(folder)/unbound.conf"],
            files: [
                "unbound.conf": """
                server:
                  interface: 127.0.0.1@\(port)
                  access-control: 127.0.0.0/8 allow
                  username: ""
                  chroot: ""
                  pidfile: ""
                  use-syslog: no
                  do-daemonize: no
                  module-config: "iterator"
                  local-zone: "plain.example." static
                  local-data: "plain.example. 300 A 192.0.2.2"
                auth-zone:
                  name: signed.example
                  zonefile: "\(Self.fixtures)/signed.zone"
                  for-downstream: yes
                  for-upstream: no
                remote-control:
                  control-enable: no

                """
            ],
            folder: folder
        )
        var settings = ResolverSettings()
        settings.nameservers = ["127.0.0.1:\(port)"]
        settings.hostsFile = nil
        settings.trustAnchorFile = "\(Self.fixtures)/signed.ds"
        settings.cache.failureTTL = 0
        let resolver = try Resolver(settings: settings, now: { 1_700_000_000_000 })
        self.resolver = resolver
        try await RunningProgram.untilReady {
            try await !resolver.addresses(of: "plain.example", family: .ipv4).records.isEmpty
        }
    }

    @Test func signedRecordsAreSecure() async throws {
        #expect(resolver.validates)
        let exchangers = try await resolver.mailExchangers(of: "signed.example")
        #expect(exchangers.records.map(\.host.text) == ["mx.signed.example"])
        #expect(exchangers.security == .secure)
        let addresses = try await resolver.addresses(of: "mx.signed.example")
        #expect(addresses.records.map(\.description) == ["192.0.2.1"])
        #expect(addresses.security == .secure)
        let tlsa = try await resolver.tlsa(of: "_25._tcp.mx.signed.example")
        #expect(tlsa.security == .secure)
        #expect(tlsa.records.map(\.usage) == [3])
        #expect(tlsa.records.first?.association.count == 32)
    }

    @Test func denialsOfASignedZoneAreSecure() async throws {
        let noDomain = try await resolver.tlsa(of: "_25._tcp.ns.signed.example")
        #expect(noDomain == Resolved(existence: .noDomain, security: .secure, ttl: noDomain.ttl))
        #expect(about(60).contains(noDomain.ttl))
        let noData = try await resolver.tlsa(of: "mx.signed.example")
        #expect(noData == Resolved(existence: .noData, security: .secure, ttl: noData.ttl))
        #expect(about(60).contains(noData.ttl))
    }

    @Test func anUnsignedZoneIsInsecure() async throws {
        #expect(try await resolver.addresses(of: "plain.example", family: .ipv4).security == .insecure)
    }

    @Test func aForgedRecordIsBogus() async throws {
        do throws(ResolverError) {
            let found = try await resolver.addresses(of: "forged.signed.example", family: .ipv4)
            Issue.record("\(found)")
        } catch {
            guard case .bogus(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason.contains("forged.signed.example"))
        }
    }
}
