// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Reception
import Spooling
import Statistics
import Support
import Testing

struct ScreeningCacheTests {
    private let folder: TemporarySpoolFolder

    init() throws {
        folder = try TemporarySpoolFolder()
    }

    private var path: String { folder.path + "/cache/postscreen_cache" }

    private func cache(now: Int64 = 1_700_000_000) -> ScreeningCache {
        ScreeningCache(journal: LineJournal(path: path), log: SilentLog(), now: now)
    }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func whatIsRememberedIsThereAfterARestart() throws {
        let record = try #require(ScreeningRecord("1700000100;1;0;1700000200;0"))
        let first = cache()
        first.remember(try address("192.0.2.1"), record, now: 1_700_000_000)
        first.remember(try address("2001:db8::1"), record, now: 1_700_000_000)
        var newer = record
        newer[.pipelining] = 1_700_000_300
        first.remember(try address("192.0.2.1"), newer, now: 1_700_000_000)
        first.flush()
        let second = cache()
        #expect(second.count == 2)
        #expect(second.record(of: try address("192.0.2.1")) == newer)
        #expect(second.record(of: try address("2001:db8::1")) == record)
        #expect(second.record(of: try address("192.0.2.2")) == nil)
    }

    @Test func aTornEndIsLeftOut() throws {
        let first = cache()
        for index in 1...9 {
            let record = try #require(ScreeningRecord("170000010\(index);1;0;0;0"))
            first.remember(try address("192.0.2.\(index)"), record, now: 1_700_000_000)
        }
        first.flush()
        let whole = try LineJournal(path: path).read()
        for length in [1, whole.readableBytes / 2, whole.readableBytes - 1] {
            let torn = LineJournal(path: path)
            var bytes = whole
            let part = bytes.readSlice(length: length)
            try torn.replace(with: part ?? ByteBuffer())
            let again = cache()
            #expect(again.count < 9)
            again.remember(try address("192.0.2.77"), try #require(ScreeningRecord("1;2;3;4;5")), now: 1_700_000_000)
            again.flush()
            #expect(cache().record(of: try address("192.0.2.77"))?.text == "1;2;3;4;5")
        }
    }

    @Test func noiseIsPassedOver() throws {
        let journal = LineJournal(path: path)
        let text =
            "nonsense\n192.0.2.1\n192.0.2.2 1;2;3\n192.0.2.3 1;2;3;4;99999999999\n\u{0}\u{1}\n192.0.2.4 7;1;1;1;1\n"
        try journal.replace(with: ByteBuffer(string: text))
        #expect(cache().count == 1)
        #expect(cache().record(of: try address("192.0.2.4"))?.end == 7)
    }

    @Test func itIsBounded() throws {
        let cache = cache()
        var settings = ScreeningSettings()
        settings.cacheLimit = 100
        cache.configure(settings)
        for index in 0..<5_000 {
            var record = ScreeningRecord()
            record[.pregreet] = UInt32(1_700_001_000 + index)
            let client = IPAddress(high: 0x2001_0db8 << 32, low: UInt64(index))
            cache.remember(client, record, now: 1_700_000_000)
            #expect(cache.count <= 112)
            if index % 50 == 0 { cache.flush() }
        }
        cache.flush()
        #expect(try LineJournal(path: path).read().readableBytes < 100_000)
    }

    @Test func oldResultsAreForgotten() throws {
        let cache = cache()
        let record = try #require(ScreeningRecord("1700000100;1;1;1;1"))
        cache.remember(try address("192.0.2.1"), record, now: 1_700_000_000)
        let later: Int64 = 1_700_000_100 + 8 * 86_400
        cache.remember(try address("192.0.2.2"), try #require(ScreeningRecord("1800000000;1;1;1;1")), now: later)
        cache.flush()
        #expect(cache.record(of: try address("192.0.2.1")) == nil)
        #expect(cache.record(of: try address("192.0.2.2")) != nil)
    }

    @Test func aFileThatCannotBeWrittenCostsOnlyTheMemoryOfIt() throws {
        let log = RecordingLog()
        let cache = ScreeningCache(journal: LineJournal(path: "/dev/null/cache"), log: log, now: 1_700_000_000)
        cache.remember(try address("192.0.2.1"), try #require(ScreeningRecord("7;1;1;1;1")), now: 1_700_000_000)
        cache.flush()
        #expect(cache.record(of: try address("192.0.2.1")) != nil)
        #expect(log.lines.filter { $0.contains("in memory alone") }.count == 1)
    }

    @Test func poolsThatNameTheSameFileShareIt() throws {
        let caches = ScreeningCaches(standard: path, log: SilentLog(), now: { 1_700_000_000_000 })
        var other = ScreeningSettings()
        #expect(caches.cache(for: other) === caches.cache(for: ScreeningSettings()))
        other.cacheFile = ""
        #expect(caches.cache(for: other) !== caches.cache(for: ScreeningSettings()))
    }
}
