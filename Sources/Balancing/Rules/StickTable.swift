// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import ProxyProtocol
import Synchronization

/// Owns a stick table that all event loops share.
package final class StickTable: Sendable {
    /// A reload keeps the entries of a table whose settings did not change.
    package let settings: StickTableSettings
    private let store: Mutex<StickTableStore>

    /// An empty table. Memory is taken as keys come.
    package init(_ settings: StickTableSettings) {
        self.settings = settings
        store = Mutex(StickTableStore(settings))
    }

    /// Milliseconds of the monotonic clock.
    static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    /// A connection is counted under a key from now on; nil where the address is no key, or the table is full of keys in
    /// use. The key is returned for the calls that follow.
    func track(_ address: IPAddress) -> IPAddress? {
        let now = StickTable.now
        return store.withLock { store in
            guard let key = store.key(address), store.track(key, at: now) else { return nil }
            store.add(to: [.connections, .connectionRate, .current], of: key, at: now)
            return key
        }
    }

    func release(_ key: IPAddress) {
        let now = StickTable.now
        store.withLock { store in
            store.add(-1, to: [.current], of: key, at: now)
            store.release(key, at: now)
        }
    }

    func add(_ amount: Int = 1, to counters: [StickCounter], of key: IPAddress) {
        let now = StickTable.now
        store.withLock { $0.add(amount, to: counters, of: key, at: now) }
    }

    /// Counts one more of `gpc0` under an address, which is remembered from then on; the new value.
    func increment(_ address: IPAddress) -> Int? {
        let now = StickTable.now
        return store.withLock { store in
            guard let key = store.key(address), store.see(key, at: now) else { return nil }
            store.add(to: [.gpc0, .gpc0Rate], of: key, at: now)
            return store.value(.gpc0, of: key, at: now)
        }
    }

    /// A counter of an address; 0 for one that is not there, nil where it cannot be there.
    func value(_ counter: StickCounter, of address: IPAddress) -> Int? {
        let now = StickTable.now
        return store.withLock { store in store.key(address).flatMap { store.value(counter, of: $0, at: now) } }
    }

    /// Keys at the moment.
    package var count: Int {
        let now = StickTable.now
        return store.withLock { store in
            store.purge(at: now)
            return store.count
        }
    }

    /// `show table`: every key, sorted by address. A copy, made under the lock.
    package func rows() -> [StickTableStore.Row] {
        let now = StickTable.now
        return store.withLock { $0.rows(at: now) }
    }

    /// `set table`; false where there is no room or the address is no key.
    package func set(_ values: [(StickCounter, Int)], of address: IPAddress) -> Bool {
        let now = StickTable.now
        return store.withLock { store in
            guard let key = store.key(address) else { return false }
            return store.set(values, of: key, at: now)
        }
    }

    /// `clear table`; false where connections track the key.
    package func remove(_ key: IPAddress) -> Bool {
        store.withLock { $0.remove(key) }
    }
}
