// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling
import Testing

@Suite struct RouterTests {
    static let table = TransportTable(
        """
        # comment
        Boss@B.example    smtp:[192.0.2.1]:2525
        b.example         relay:mx.b.example
        .b.example        :[2001:db8::1]:587
        own.example       smtp:
        same.example      :
        gone.example      error:5.1.2 no such
            domain here
        late.example      retry:4.7.1 come again
        drop.example      discard:
        plain.example     error:mailbox is closed
        """.utf8
    )

    static func smtp(_ host: String, _ port: Int = 25, _ kind: DeliverySettings.NextHop.Kind = .host) -> Route {
        .smtp(.init(host: host, port: port, kind: kind))
    }

    @Test func theTableHasNoMistake() {
        #expect(Self.table.mistakes == [])
        #expect(Self.table.count == 9)
    }

    @Test(arguments: [
        ("boss@b.example", smtp("192.0.2.1", 2525)), ("BOSS+news@B.EXAMPLE", smtp("192.0.2.1", 2525)),
        ("x@b.example", smtp("mx.b.example", 25, .exchangers)), ("x@B.Example", smtp("mx.b.example", 25, .exchangers)),
        ("x@sub.b.example", smtp("2001:db8::1", 587)), ("x@a.sub.b.example", smtp("2001:db8::1", 587)),
        ("x@ab.example", smtp("192.0.2.9")), ("x@same.example", smtp("192.0.2.9")),
        ("x@own.example", smtp("own.example", 25, .domain)),
        ("x@gone.example", Route.error(dsn: "5.1.2", text: "no such domain here")),
        ("x@late.example", .retry(dsn: "4.7.1", text: "come again")),
        ("x@drop.example", .discard(text: "discarded")),
        ("x@plain.example", .error(dsn: "5.0.0", text: "mailbox is closed")),
    ])
    func recipientsGoWhereTheTableSays(address: String, route: Route) {
        let router = Router(tables: [Self.table], relayHost: .init(host: "192.0.2.9"))
        #expect(router.route(of: address) == route)
    }

    @Test func withoutRelayhostMailGoesToItsDomain() {
        let router = Router(relayHost: nil, port: 2525)
        #expect(router.route(of: "x@Example.org") == Self.smtp("example.org", 2525, .domain))
        #expect(router.route(of: "x@[192.0.2.7]") == Self.smtp("192.0.2.7", 2525))
        #expect(router.route(of: "x@[IPv6:2001:db8::7]") == Self.smtp("2001:db8::7", 2525))
        for address in ["postmaster", "x@[nonsense/]", "x@["] {
            guard case .error(let dsn, _) = router.route(of: address) else {
                Issue.record("\(address) has a route")
                continue
            }
            #expect(dsn == "5.1.3")
        }
    }

    @Test func theFirstTableWithAKeyWinsAndTheStarComesLast() {
        let first = TransportTable("* error:5.7.1 nobody".utf8)
        let second = TransportTable("b.example smtp:[192.0.2.2]".utf8)
        let router = Router(tables: [first, second], relayHost: nil)
        #expect(router.route(of: "x@b.example") == Self.smtp("192.0.2.2"))
        #expect(router.route(of: "x@c.example") == .error(dsn: "5.7.1", text: "nobody"))
    }

    @Test func aTableThatCannotBeReadMakesMailWait() {
        let router = Router(tables: [nil, Self.table], relayHost: nil)
        guard case .retry(let dsn, _) = router.route(of: "x@b.example") else {
            Issue.record("there is a route")
            return
        }
        #expect(dsn == "4.3.0")
    }

    @Test func recipientsAreGroupedByTheirWay() {
        let envelope = Fixture.envelope(
            from: "s@a.example",
            to: ["1@b.example", "2@own.example", "3@b.example", "4@gone.example", "5@own.example"]
        )
        let routes = Router(tables: [Self.table], relayHost: nil).routes(of: envelope, [0, 1, 2, 3, 4])
        #expect(routes.map(\.recipients) == [[0, 2], [1, 4], [3]])
    }

    @Test(arguments: [
        ("b.example", "'b.example' has no result"), ("b.example smtp", "has no colon"),
        ("b.example lmtp:unix:/x", "transport 'lmtp' is not supported"), ("b.example smtp:[x", "is not closed"),
        ("b.example smtp:[192.0.2.1]x", "only a colon"), ("b.example smtp:x:99999", "is not a port"),
        ("b.example smtp:a/b", "neither an IP address nor a host name"),
        ("b.example error:4.1.1 x", "must begin with 5"),
        ("b.example smtp:a\nb.example smtp:b", "is in the table already"),
    ])
    func mistakesNameTheirLine(text: String, part: String) {
        let table = TransportTable(("\n# x\n" + text).utf8)
        #expect(table.mistakes.count == 1)
        #expect(table.mistakes.first?.message.contains(part) == true, "\(table.mistakes)")
        #expect(table.mistakes.first?.line == (text.contains("\n") ? 4 : 3))
    }

    @Test func nothingInATableTraps() {
        for text in ["", "\n\n", ":", " : ", "\u{0} \u{0}", "@ smtp:", "a error:5.1", "a error:....", "a :]", "a :[]"] {
            let table = TransportTable(text.utf8)
            _ = Router(tables: [table], relayHost: nil).route(of: text)
            _ = Router(tables: [table], relayHost: nil).route(of: "@" + text)
        }
    }
}
