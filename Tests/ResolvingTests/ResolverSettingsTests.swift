// SPDX-License-Identifier: Apache-2.0

import Glibc
import Resolving
import Testing

/// The host's own names and name servers, and settings that are wrong.
struct ResolverSettingsTests {
    private let fixture: ResolverFixture

    init() throws {
        fixture = try ResolverFixture()
    }

    private func resolver(_ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
        try fixture.resolver(change)
    }

    // MARK: The host's own names

    @Test func theHostsOwnNamesGoFirst() async throws {
        let folder = try RunningProgram.newFolder()
        let program = try RunningProgram(
            ["/bin/true"],
            files: ["hosts": "192.0.2.77 mx.example\n192.0.2.9 nine.example\n"],
            folder: folder
        )
        defer { withExtendedLifetime(program) {} }
        let resolver = try resolver { $0.hostsFile = "\(folder)/hosts" }
        #expect(try await resolver.addresses(of: "mx.example").records.map(\.description) == ["192.0.2.77"])
        #expect(
            try await resolver.addresses(of: "mx.example", family: .ipv6).records.map(\.description) == [
                "2001:db8::1"
            ]
        )
        let nine = try #require(HostAddress("192.0.2.9"))
        #expect(try await resolver.pointer(of: nine).records.map(\.text) == ["nine.example"])
        let again = try RunningProgram(
            ["/bin/true"],
            files: ["hosts": "192.0.2.78 mx.example # new\n"],
            folder: folder
        )
        fixture.clock.advance(by: 2_000)
        #expect(try await resolver.addresses(of: "mx.example").records.map(\.description) == ["192.0.2.78"])
        #expect(try await resolver.pointer(of: nine).records.map(\.text) == ["mx.example"])
        withExtendedLifetime(again) {}
    }

    // MARK: Settings

    @Test(arguments: ["localhost", "192.0.2.1:0", "", "[::1"])
    func aBadNameServerIsNamed(text: String) {
        #expect(throws: ResolverError.unusable("name server \"\(text)\" is not an address with an optional port")) {
            try resolver { $0.nameservers = [text] }
        }
    }

    @Test func aBadDomainIsNamed() {
        #expect(throws: ResolverError.unusable("domain \"a..b\" is not a name")) {
            try resolver { $0.insecureDomains = ["a..b"] }
        }
    }

    @Test func withoutTrustAnchorNothingIsValidated() async throws {
        let resolver = try resolver {
            $0.validates = true
            $0.trustAnchorFile = "/nonexistent/root.key"
        }
        #expect(!resolver.validates)
        #expect(try await resolver.texts(of: "text.example").security == .insecure)
    }

    @Test(.enabled(if: ScriptedNameserver.mayUsePort53, "port 53 is for root"))
    func theHostsNameServersAreAsked() async throws {
        let folder = try RunningProgram.newFolder()
        // Its own address, so that test runs beside one another do not meet.
        let process = UInt32(bitPattern: getpid())
        let host: [UInt8] = [127, 53, UInt8(process >> 8 & 0xff), UInt8(process & 0x7f | 1)]
        let own = try ScriptedZone(host: host, port: 53)
        let program = try RunningProgram(
            ["/bin/true"],
            files: ["resolv.conf": "search example\nnameserver \(host.map(String.init).joined(separator: "."))\n"],
            folder: folder
        )
        defer { withExtendedLifetime((program, own)) {} }
        let resolver = try resolver {
            $0.nameservers = []
            $0.resolverConfiguration = "\(folder)/resolv.conf"
        }
        #expect(try await resolver.texts(of: "text.example").records.count == 1)
        #expect(own.server.count("text.example", 16) == 1)
    }
}
