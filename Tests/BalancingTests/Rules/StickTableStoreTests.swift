// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol
import Support
import Testing

private func address(_ number: Int) -> IPAddress { IPAddress(high: 0, low: 0xFFFF_C000_0200 + UInt64(number)) }

/// A table that connections come to.
private final class Bed {
    private var store: StickTableStore

    init(_ store: StickTableStore) { self.store = store }

    var count: Int { store.count }

    func connect(_ number: Int, at now: Int64) -> Bool {
        guard store.track(address(number), at: now) else { return false }
        store.add(to: [.connections, .connectionRate, .current], of: address(number), at: now)
        return true
    }

    func disconnect(_ number: Int, at now: Int64) {
        store.add(-1, to: [.current], of: address(number), at: now)
        store.release(address(number), at: now)
    }

    func key(_ address: IPAddress) -> IPAddress? { store.key(address) }
    func rows(at now: Int64) -> [StickTableStore.Row] { store.rows(at: now) }
    func remove(_ key: IPAddress) -> Bool { store.remove(key) }
    func purge(at now: Int64) { store.purge(at: now) }
    func value(_ counter: StickCounter, of key: IPAddress, at now: Int64) -> Int? {
        store.value(counter, of: key, at: now)
    }
    func set(_ values: [(StickCounter, Int)], of key: IPAddress, at now: Int64) -> Bool {
        store.set(values, of: key, at: now)
    }
}

struct StickTableStoreTests {
    private func table(
        _ type: StickTableSettings.KeyType = .ipv6,
        size: Int = 3,
        expiry: Int? = 1_000,
        keepsOldest: Bool = false
    ) -> Bed {
        var settings = StickTableSettings(name: "t", size: size)
        settings.type = type
        settings.expiry = expiry
        settings.keepsOldest = keepsOldest
        settings.stored = [.init(.gpc0), .init(.connections), .init(.connectionRate, period: 1_000), .init(.current)]
        return Bed(StickTableStore(settings))
    }

    @Test func connectionsAreCounted() {
        let store = table()
        for _ in 0..<3 { #expect(store.connect(1, at: 10)) }
        store.disconnect(1, at: 20)
        #expect(store.value(.connections, of: address(1), at: 20) == 3)
        #expect(store.value(.current, of: address(1), at: 20) == 2)
        #expect(store.value(.connectionRate, of: address(1), at: 20) == 3)
        #expect(store.value(.connections, of: address(2), at: 20) == 0, "an unknown key has none")
        #expect(store.value(.bytesIn, of: address(1), at: 20) == nil, "and no key what is not stored")
    }

    @Test func theOldestMakesRoom() {
        let store = table(size: 2)
        for (number, now) in [(1, 10), (2, 11), (1, 12)] {
            #expect(store.connect(number, at: Int64(now)))
            store.disconnect(number, at: Int64(now))
        }
        #expect(store.connect(3, at: 13))
        #expect(store.rows(at: 13).map(\.key) == [address(1), address(3)])
        #expect(store.count == 2)
    }

    @Test func whoIsTrackedStays() {
        let store = table(size: 2)
        #expect(store.connect(1, at: 1))
        #expect(store.connect(2, at: 2))
        #expect(!store.connect(3, at: 9_999), "both are in use, however old")
        let removed = [store.remove(address(1)), store.remove(address(9))]
        #expect(removed == [false, true])
        store.disconnect(1, at: 10_000)
        #expect(store.connect(3, at: 10_001))
        #expect(store.rows(at: 10_001).map(\.key) == [address(2), address(3)])
    }

    @Test func noPurgeKeepsTheOld() {
        let store = table(size: 1, keepsOldest: true)
        #expect(store.connect(1, at: 1))
        store.disconnect(1, at: 1)
        #expect(!store.connect(2, at: 500))
        #expect(store.connect(2, at: 1_001), "what is expired is not kept")
    }

    @Test func whatIsNotSeenIsForgotten() {
        let store = table()
        #expect(store.connect(1, at: 0))
        store.disconnect(1, at: 100)
        #expect(store.rows(at: 400).map(\.expiresIn) == [700])
        #expect(store.value(.connections, of: address(1), at: 1_099) == 1)
        #expect(store.value(.connections, of: address(1), at: 1_100) == 0)
        #expect(store.rows(at: 1_100) == [])
        #expect(store.connect(1, at: 1_200))
        #expect(store.value(.connections, of: address(1), at: 1_200) == 1, "it begins anew")
    }

    @Test func keysOfTheWrongFamilyAreNone() throws {
        let six = try #require(IPAddress("2001:db8::1"))
        #expect(table(.ip).key(six) == nil)
        #expect(table(.ip).key(address(1)) == address(1))
        #expect(table(.ipv6).key(six) == six)
        let store = table(.ipv6)
        #expect(store.connect(7, at: 1))
        #expect(store.rows(at: 1).map(\.keyText) == ["::ffff:192.0.2.7"])
    }

    @Test func operatorsSetAndClear() {
        let store = table()
        let done = store.set([(.gpc0, 5), (.connectionRate, 9), (.bytesIn, 1)], of: address(1), at: 50)
        #expect(done)
        #expect(store.rows(at: 50).first?.values.map(\.value) == [5, 0, 9, 0])
        #expect(store.remove(address(1)))
        #expect(store.rows(at: 50) == [])
    }

    /// Whatever happens in whatever order: never more keys than its size, and everything is found again.
    @Test(arguments: 0..<8) func noSequenceBreaksIt(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let store = table(size: 4, expiry: 40)
        var open: [Int] = []
        var now: Int64 = 0
        for _ in 0..<4_000 {
            now += Int64.random(in: 0...5, using: &random)
            switch Int.random(in: 0...6, using: &random) {
            case 0...2:
                let number = Int.random(in: 1...9, using: &random)
                if store.connect(number, at: now) { open.append(number) }
            case 3, 4:
                guard let index = open.indices.randomElement(using: &random) else { continue }
                store.disconnect(open.remove(at: index), at: now)
            case 5: _ = store.remove(address(Int.random(in: 1...9, using: &random)))
            default: store.purge(at: now)
            }
            #expect(store.count <= 4)
            for number in Set(open) {
                #expect(store.value(.current, of: address(number), at: now) == open.count { $0 == number })
            }
        }
        for number in open { store.disconnect(number, at: now) }
        #expect(store.rows(at: now + 40) == [])
    }

    /// In one millisecond, too: who is in use stands in front of the one that can go.
    @Test func roomIsFoundBehindThoseInUse() {
        let store = table(size: 3)
        for number in 1...2 { #expect(store.connect(number, at: 10)) }
        #expect(store.set([(.gpc0, 1)], of: address(3), at: 10))
        #expect(store.connect(4, at: 10))
        #expect(store.rows(at: 10).map(\.key) == [1, 2, 4].map(address))
        #expect(!store.connect(5, at: 10))
        store.disconnect(1, at: 10)
        #expect(store.connect(5, at: 10))
        #expect(store.rows(at: 10).map(\.key) == [2, 4, 5].map(address))
    }
}
