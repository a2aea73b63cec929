// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import Testing

struct RateTableTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func eventsAreCountedApartAndBeginAnewTogether() throws {
        let table = RateTable()
        let client = try address("192.0.2.1")
        #expect((0..<3).map { table.count(.message, of: client, now: $0, unit: 1_000) } == [1, 2, 3])
        #expect(table.count(.recipient, of: client, now: 999, unit: 1_000) == 1)
        #expect(table.count(.message, of: try address("192.0.2.2"), now: 999, unit: 1_000) == 1)
        #expect(table.count(.message, of: client, now: 999, unit: 1_000) == 4)
        #expect(table.count(.message, of: client, now: 1_000, unit: 1_000) == 1)
        #expect(table.count(.recipient, of: client, now: 1_001, unit: 1_000) == 1)
    }

    @Test func aNetworkOfIPv6IsOneClient() throws {
        let table = RateTable()
        #expect(table.count(.connection, of: try address("2001:db8::1"), now: 0, unit: 1_000) == 1)
        #expect(table.count(.connection, of: try address("2001:db8::ffff:2"), now: 0, unit: 1_000) == 2)
        #expect(table.count(.connection, of: try address("2001:db8:1::1"), now: 0, unit: 1_000) == 1)
    }

    @Test func memoryIsBoundedAndOldClientsMakeRoom() throws {
        let table = RateTable(limit: 4)
        for index in 1...4 { _ = table.count(.message, of: try address("192.0.2.\(index)"), now: 0, unit: 1_000) }
        let late = try address("192.0.2.9")
        #expect((0..<3).map { table.count(.message, of: late, now: $0, unit: 1_000) } == [1, 1, 1])
        #expect(table.count(.message, of: try address("192.0.2.1"), now: 3, unit: 1_000) == 2)
        #expect((0..<3).map { table.count(.message, of: late, now: 1_500 + $0, unit: 1_000) } == [1, 2, 3])
    }
}
