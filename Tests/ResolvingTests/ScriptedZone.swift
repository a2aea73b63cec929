// SPDX-License-Identifier: Apache-2.0

/// The names that the tests ask for, served as long as somebody holds this.
final class ScriptedZone: Sendable {
    private typealias Record = ScriptedNameserver.Record

    let server: ScriptedNameserver

    init(host: [UInt8] = [127, 0, 0, 1], port: UInt16 = 0) throws {
        server = try ScriptedNameserver(host: host, port: port, Self.script)
    }

    deinit {
        server.stop()
    }

    private static func a(_ owner: String, _ octets: [UInt8], ttl: UInt32 = 300) -> Record {
        Record(owner: owner, type: 1, ttl: ttl, data: octets)
    }

    private static func mx(_ owner: String, _ preference: UInt8, _ host: String) -> Record {
        Record(owner: owner, type: 15, ttl: 300, data: [0, preference] + DNSWire.name(host))
    }

    private static let script: ScriptedNameserver.Script = { name, type in
        switch (name, type) {
        case ("mx.example", 1): .records([a(name, [192, 0, 2, 1]), a(name, [192, 0, 2, 2])])
        case ("mx.example", 28):
            .records([
                Record(
                    owner: name,
                    type: 28,
                    ttl: 120,
                    data: [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
                )
            ])
        case ("alias.example", _):
            .records([Record(owner: name, type: 5, ttl: 60, data: DNSWire.name("second.example"))])
        case ("second.example", _): .records([Record(owner: name, type: 5, ttl: 300, data: DNSWire.name("mx.example"))])
        case ("loop.example", _): .records([Record(owner: name, type: 5, ttl: 60, data: DNSWire.name(name))])
        case ("four.example", 1): .records([a(name, [192, 0, 2, 4])])
        case ("four.example", 28): .denial(code: 0, zone: "example", ttl: 77)
        case ("half.example", 1): .records([a(name, [192, 0, 2, 5])])
        case ("half.example", 28): .code(2)
        case ("torn.example", 1): .code(2)
        case ("torn.example", 28): .denial(code: 0, zone: "example", ttl: 77)
        case ("example.org", 15):
            .records([mx(name, 20, "b.example"), mx(name, 10, "z.example"), mx(name, 10, "A.example")])
        case ("null.example", 15): .records([mx(name, 0, "")])
        case ("nomx.example", 15): .denial(code: 0, zone: "example", ttl: 60)
        case ("broken.example", 15): .records([Record(owner: name, type: 15, ttl: 300, data: [0, 1])])
        case ("pointing.example", 15): .records([Record(owner: name, type: 15, ttl: 300, data: [0, 1, 0xC0, 0xFF])])
        case ("odd.example", 15): .records([Record(owner: name, type: 15, ttl: 300, data: [0, 1, 64, 65, 0])])
        case ("overrun.example", 16):
            .records([Record(owner: name, type: 16, ttl: 300, data: [9, 104, 105])])
        case ("text.example", 16): .records([Record(owner: name, type: 16, ttl: 300, data: [2, 104, 105, 1, 33])])
        case ("large.example", 16):
            .truncated(
                (0..<40).map {
                    Record(owner: name, type: 16, ttl: 300, data: [200, UInt8($0)] + Array(repeating: 65, count: 199))
                }
            )
        case ("_25._tcp.mx.example", 52):
            .records([
                Record(owner: name, type: 52, ttl: 300, data: [3, 1, 1, 9, 9]),
                Record(owner: name, type: 52, ttl: 300, data: [3, 1, 1]),
            ])
        case ("empty.example", 52): .records([Record(owner: name, type: 52, ttl: 300, data: [])])
        case ("9.2.0.192.in-addr.arpa", 12):
            .records([Record(owner: name, type: 12, ttl: 300, data: DNSWire.name("Mx.example"))])
        case ("1.2.3.10.in-addr.arpa", 12):
            .records([Record(owner: name, type: 12, ttl: 300, data: DNSWire.name("lan.test"))])
        case ("lan.test", 1): .records([a(name, [10, 3, 2, 1])])
        case ("silent.example", _): .silence
        case ("slow.example", 1): .later(milliseconds: 250, [a(name, [192, 0, 2, 7])])
        case ("failing.example", _): .code(2)
        case ("refused.example", _): .code(5)
        case ("rebound.example", 1): .records([a(name, [127, 0, 0, 1])])
        case ("many.example", 1): .records((0..<200).map { a(name, [192, 0, 2, $0]) })
        default: .denial(code: 3, zone: "example", ttl: 99)
        }
    }
}
