// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// Owns the keys and counters of one stick table as a value: bounded, the longest unseen key first to go.
///
/// Times are milliseconds of a monotonic clock, and never run backwards.
package struct StickTableStore: Sendable {
    /// A key with its counters.
    private struct Entry: Sendable {
        var key: IPAddress
        /// Connections that track it: it cannot be forgotten.
        var uses = 0
        var seenAt: Int64
        /// Neighbours in the order in which keys were seen; -1 at the ends.
        var older = -1
        var newer = -1
        /// By place in `settings.stored`.
        var counts: [Int]
        var rates: [FrequencyCounter]
    }

    /// Size, expiry and what is stored.
    package let settings: StickTableSettings
    private var entries: [Entry] = []
    private var places: [IPAddress: Int] = [:]
    private var free: [Int] = []
    private var oldest = -1
    private var newest = -1
    /// Keys that no connection tracks: only these can be forgotten.
    private var idle = 0

    /// An empty table.
    package init(_ settings: StickTableSettings) {
        self.settings = settings
    }

    /// Keys that are there, expired or not.
    package var count: Int { places.count }

    /// Forgets what is expired.
    package mutating func purge(at now: Int64) {
        while purgeOldest(at: now, force: false) {}
    }

    /// The form in which an address is a key of this table; nil where it is none.
    package func key(_ address: IPAddress) -> IPAddress? {
        switch settings.type {
        case .ip: address.isIPv4 ? address : nil
        case .ipv6: address
        }
    }

    /// A connection begins to track a key: it is made where it is not there, and kept. False where there is no room.
    package mutating func track(_ key: IPAddress, at now: Int64) -> Bool {
        guard let place = find(key, at: now) ?? make(key, at: now) else { return false }
        if entries[place].uses == 0 { idle -= 1 }
        entries[place].uses += 1
        touch(place, at: now)
        return true
    }

    /// A connection that tracked the key has ended.
    package mutating func release(_ key: IPAddress, at now: Int64) {
        guard let place = places[key] else { return }
        if entries[place].uses > 0 {
            entries[place].uses -= 1
            if entries[place].uses == 0 { idle += 1 }
        }
        touch(place, at: now)
    }

    /// Makes a key that is not there, without tracking it. False where there is no room.
    package mutating func see(_ key: IPAddress, at now: Int64) -> Bool {
        guard let place = find(key, at: now) ?? make(key, at: now) else { return false }
        touch(place, at: now)
        return true
    }

    /// Counts `amount` more of everything that `counters` name and the table stores.
    package mutating func add(_ amount: Int = 1, to counters: [StickCounter], of key: IPAddress, at now: Int64) {
        guard let place = places[key] else { return }
        for (index, stored) in settings.stored.enumerated() where counters.contains(stored.counter) {
            if stored.counter.isRate {
                entries[place].rates[index].add(max(0, amount), at: now, period: stored.period)
            } else {
                let (sum, overflow) = entries[place].counts[index].addingReportingOverflow(amount)
                entries[place].counts[index] = overflow ? Int.max : max(0, sum)
            }
        }
    }

    /// A counter of a key: 0 for an unknown key, nil where the table does not store it.
    package func value(_ counter: StickCounter, of key: IPAddress, at now: Int64) -> Int? {
        guard let index = settings.stored.firstIndex(where: { $0.counter == counter }) else { return nil }
        guard let place = places[key], !isExpired(entries[place], at: now) else { return 0 }
        return value(index, at: place, now)
    }

    /// Sets counters of a key, which is made where it is not there. False where there is no room.
    package mutating func set(_ values: [(StickCounter, Int)], of key: IPAddress, at now: Int64) -> Bool {
        guard let place = find(key, at: now) ?? make(key, at: now) else { return false }
        touch(place, at: now)
        for (counter, value) in values {
            guard let index = settings.stored.firstIndex(where: { $0.counter == counter }) else { continue }
            if counter.isRate {
                entries[place].rates[index].set(max(0, value), at: now)
            } else {
                entries[place].counts[index] = max(0, value)
            }
        }
        return true
    }

    /// Forgets a key; false where a connection tracks it.
    package mutating func remove(_ key: IPAddress) -> Bool {
        guard let place = places[key] else { return true }
        guard entries[place].uses == 0 else { return false }
        drop(place)
        return true
    }

    /// A key as it is printed.
    package struct Row: Sendable, Equatable {
        /// The address.
        package var key: IPAddress
        /// The key as HAProxy prints it: a table of both families has IPv4 in its mapped form.
        package var keyText: String
        /// Connections that track it now.
        package var uses: Int
        /// Milliseconds until it is forgotten; 0 where keys stay.
        package var expiresIn: Int
        /// What is stored, in the order of `settings.stored`; a rate is events a period.
        package var values: [(stored: StickTableSettings.Stored, value: Int)]

        package static func == (left: Row, right: Row) -> Bool {
            left.key == right.key && left.uses == right.uses && left.expiresIn == right.expiresIn
                && left.values.elementsEqual(right.values) { $0.stored == $1.stored && $0.value == $1.value }
        }
    }

    /// Every key, in the order of the addresses; what is expired is forgotten.
    package mutating func rows(at now: Int64) -> [Row] {
        purge(at: now)
        return places.values.map { place in
            let entry = entries[place]
            let left = settings.expiry.map { max(0, Int64($0) - (now - entry.seenAt)) } ?? 0
            let values = settings.stored.indices.map { (settings.stored[$0], value($0, at: place, now)) }
            let isMapped = settings.type == .ipv6 && entry.key.isIPv4
            return Row(
                key: entry.key,
                keyText: (isMapped ? "::ffff:" : "") + entry.key.description,
                uses: entry.uses,
                expiresIn: Int(left),
                values: values
            )
        }.sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }
    }

    // MARK: Entries

    private func value(_ index: Int, at place: Int, _ now: Int64) -> Int {
        let stored = settings.stored[index]
        return stored.counter.isRate
            ? entries[place].rates[index].rate(at: now, period: stored.period) : entries[place].counts[index]
    }

    private func isExpired(_ entry: Entry, at now: Int64) -> Bool {
        guard let expiry = settings.expiry, entry.uses == 0 else { return false }
        return now - entry.seenAt >= Int64(expiry)
    }

    /// The place of a key that is not expired.
    private mutating func find(_ key: IPAddress, at now: Int64) -> Int? {
        guard let place = places[key] else { return nil }
        guard isExpired(entries[place], at: now) else { return place }
        drop(place)
        return nil
    }

    private mutating func make(_ key: IPAddress, at now: Int64) -> Int? {
        if places.count >= settings.size {
            guard purgeOldest(at: now, force: !settings.keepsOldest) else { return nil }
        }
        let blank = Entry(
            key: key,
            seenAt: now,
            counts: Array(repeating: 0, count: settings.stored.count),
            rates: Array(repeating: FrequencyCounter(), count: settings.stored.count)
        )
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = blank
        } else {
            place = entries.count
            entries.append(blank)
        }
        places[key] = place
        idle += 1
        append(place)
        return place
    }

    /// Forgets the key that was not seen for longest, when it is expired or `force` is set; those that are tracked stay.
    private mutating func purgeOldest(at now: Int64, force: Bool) -> Bool {
        guard idle > 0 else { return false }
        var place = oldest
        // What is tracked is in use: it moves to the end, so that the next walk does not meet it again.
        while place >= 0, entries[place].uses > 0 {
            let next = entries[place].newer
            touch(place, at: now)
            place = next
        }
        guard place >= 0, force || isExpired(entries[place], at: now) else { return false }
        drop(place)
        return true
    }

    private mutating func touch(_ place: Int, at now: Int64) {
        entries[place].seenAt = now
        guard place != newest else { return }
        unlink(place)
        append(place)
    }

    private mutating func drop(_ place: Int) {
        unlink(place)
        idle -= 1
        places[entries[place].key] = nil
        free.append(place)
    }

    private mutating func append(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = -1
        if newest >= 0 { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
        if newer >= 0 { entries[newer].older = older } else { newest = older }
    }
}
