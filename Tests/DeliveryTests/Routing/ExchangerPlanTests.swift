// SPDX-License-Identifier: Apache-2.0

import Delivery
import Resolving
import Support
import Testing

@Suite struct ExchangerPlanTests {
    static let hop = DeliverySettings.NextHop(host: "b.example", kind: .domain)

    static func exchangers(_ list: (UInt16, String)...) -> Result<Resolved<MailExchanger>, ResolverError> {
        let records = list.map { preference, name in
            MailExchanger(preference: preference, host: name == "." ? .root : DomainName(name) ?? .root)
        }
        return .success(Resolved(existence: .found, records: records, ttl: 60))
    }

    static func addresses(_ list: String...) -> Result<Resolved<HostAddress>, ResolverError> {
        .success(
            Resolved(existence: list.isEmpty ? .noData : .found, records: list.compactMap { HostAddress($0) }, ttl: 60)
        )
    }

    static func hosts(
        _ answer: Result<Resolved<MailExchanger>, ResolverError>,
        _ kind: DeliverySettings.NextHop.Kind = .domain,
        of domain: String = "b.example"
    ) -> ExchangerPlan.Step {
        let hop = DeliverySettings.NextHop(host: domain, kind: kind)
        return ExchangerPlan.hosts(answer, for: hop, ownNames: ["relay.example"], limit: 3)
    }

    static func host(_ name: String, _ preference: UInt16) -> ExchangerPlan.Host {
        .init(name: name, preference: preference)
    }

    @Test func exchangersComeByPreferenceAndNotWithoutEnd() {
        let answer = Self.exchangers((20, "b.mx"), (10, "a.mx"), (30, "c.mx"), (40, "d.mx"))
        #expect(Self.hosts(answer) == .hosts([Self.host("a.mx", 10), Self.host("b.mx", 20), Self.host("c.mx", 30)]))
    }

    @Test func aDomainWithoutExchangersIsItsOwn() {
        #expect(Self.hosts(.success(Resolved(existence: .noData, ttl: 60))) == .hosts([Self.host("b.example", 0)]))
    }

    @Test func weAreNoBetterThanOurselves() {
        #expect(
            Self.hosts(Self.exchangers((10, "a.mx"), (20, "relay.example"), (20, "c.mx"), (30, "d.mx")))
                == .hosts([Self.host("a.mx", 10)])
        )
        #expect(
            Self.hosts(Self.exchangers((10, "relay.example"), (20, "c.mx")))
                == .failed(.init(.bounced, dsn: "5.4.6", text: "mail for b.example loops back to myself"))
        )
    }

    /// Without exchangers a domain is its own server, and may be us: mail would come back here until it has come too often.
    @Test func aDomainWithoutExchangersMayBeOurselves() {
        let answer: Result<Resolved<MailExchanger>, ResolverError> = .success(Resolved(existence: .noData, ttl: 60))
        let text = "mail for relay.example loops back to myself"
        #expect(
            Self.hosts(answer, of: "relay.example") == .failed(.init(.bounced, dsn: "5.4.6", text: text))
        )
        #expect(
            Self.hosts(answer, .exchangers, of: "relay.example")
                == .failed(.init(.deferred, dsn: "4.4.6", text: text))
        )
        let other = DeliverySettings.NextHop(host: "relay.example", port: 10_026, kind: .exchangers)
        #expect(
            ExchangerPlan.hosts(answer, for: other, ownNames: ["relay.example"], limit: 3)
                == .hosts([Self.host("relay.example", 0)])
        )
    }

    @Test(arguments: [DeliverySettings.NextHop.Kind.domain, .exchangers])
    func whatIsMissingComesBackUnlessAnOperatorWroteIt(kind: DeliverySettings.NextHop.Kind) {
        let text = "Host or domain name not found. Name service error for name=b.example type=MX: Host not found"
        let missing = Self.hosts(.success(Resolved(existence: .noDomain, ttl: 60)), kind)
        let null = Self.hosts(Self.exchangers((0, ".")), kind)
        let status: RecipientResult.Status = kind == .domain ? .bounced : .deferred
        let digit = kind == .domain ? "5" : "4"
        #expect(missing == .failed(.init(status, dsn: digit + ".4.4", text: text)))
        #expect(
            null == .failed(.init(status, dsn: digit + ".1.10", text: "Domain b.example does not accept mail (nullMX)"))
        )
    }

    @Test(arguments: [
        (ResolverError.serverFailure, "4.4.3"), (.timedOut, "4.4.3"), (.overloaded, "4.4.3"), (.bogus("x"), "4.7.5"),
    ])
    func noAnswerIsADeferral(error: ResolverError, dsn: String) {
        guard case .failed(let result) = Self.hosts(.failure(error)) else {
            Issue.record("there are hosts")
            return
        }
        #expect(result.status == .deferred)
        #expect(result.dsn == dsn)
        #expect(result.text.hasPrefix("Host or domain name not found. Name service error for name=b.example type=MX: "))
    }

    @Test func theRootAmongOthersIsNoServer() {
        #expect(Self.hosts(Self.exchangers((0, "."), (10, "a.mx"))) == .hosts([Self.host("a.mx", 10)]))
    }

    // MARK: addresses

    static func targets(
        _ hosts: [ExchangerPlan.Host],
        _ answers: [Result<Resolved<HostAddress>, ResolverError>],
        seed: UInt64 = 1,
        _ adjust: (inout RoutingSettings) -> Void = { _ in }
    ) -> Result<[HopTarget], RecipientResult> {
        var settings = RoutingSettings()
        adjust(&settings)
        var generator = SeededRandom(seed: seed)
        return ExchangerPlan.targets(hosts, answers, for: hop, settings, using: &generator)
    }

    static func shown(_ result: Result<[HopTarget], RecipientResult>) -> [String] {
        (try? result.get().map { "\($0.host) \($0.address.map { "\($0)" } ?? "-")" }) ?? []
    }

    @Test func preferenceGoesBeforeFamilyAndChance() {
        let hosts = [Self.host("a", 10), Self.host("b", 10), Self.host("c", 20)]
        let answers = [Self.addresses("192.0.2.1", "2001:db8::1"), Self.addresses("192.0.2.2"), Self.addresses("::3")]
        var firsts: Set<String> = []
        for seed in 1...50 {
            let shown = Self.shown(Self.targets(hosts, answers, seed: UInt64(seed)))
            #expect(Set(shown.dropLast()) == ["a 192.0.2.1", "a 2001:db8::1", "b 192.0.2.2"])
            #expect(shown.last == "c ::3")
            firsts.insert(shown[0])
        }
        #expect(firsts.count == 3)
        let six = Self.targets(hosts, answers) { $0.addressPreference = .ipv6 }
        #expect(Self.shown(six).first == "a 2001:db8::1")
        let four = Self.targets(hosts, answers) { $0.addressPreference = .ipv4 }
        #expect(Self.shown(four)[2] == "a 2001:db8::1")
        let ordered = Self.targets(hosts, answers) { $0.randomizes = false }
        #expect(Self.shown(ordered) == ["a 192.0.2.1", "a 2001:db8::1", "b 192.0.2.2", "c ::3"])
        let few = Self.targets(hosts, answers) { settings in
            settings.randomizes = false
            settings.addressLimit = 2
            settings.usesIPv6 = false
        }
        #expect(Self.shown(few) == ["a 192.0.2.1", "b 192.0.2.2"])
    }

    @Test func oneHostWithoutAddressDoesNotMatter() {
        let hosts = [Self.host("a", 10), Self.host("b", 20)]
        for answer in [Self.addresses(), .failure(.serverFailure)] {
            #expect(Self.shown(Self.targets(hosts, [answer, Self.addresses("192.0.2.2")])) == ["b 192.0.2.2"])
        }
    }

    @Test func withoutAnyAddressADeferralOutweighsABounce() {
        let hosts = [Self.host("a", 10), Self.host("b", 20)]
        for answers in [
            [Self.addresses(), .failure(.timedOut)], [.failure(.timedOut), Self.addresses()],
            [.failure(.invalidName), .failure(.timedOut)], [.failure(.timedOut), .failure(.invalidName)],
        ] {
            guard case .failure(let result) = Self.targets(hosts, answers) else {
                Issue.record("there are targets")
                continue
            }
            #expect(result.status == .deferred)
        }
        guard case .failure(let result) = Self.targets(hosts, [Self.addresses(), Self.addresses()]) else {
            Issue.record("there are targets")
            return
        }
        #expect(result.status == .bounced)
        #expect(result.dsn == "5.4.4")
        #expect(result.text.hasSuffix("type=A or AAAA: Host found but no data record of requested type"))
    }
}
