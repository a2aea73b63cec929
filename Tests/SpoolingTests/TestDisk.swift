// SPDX-License-Identifier: Apache-2.0

import Spooling
import Statistics
import Support
import Synchronization

/// A disk for one test: what it does to which operation can be changed while the store is open.
final class TestDisk: Sendable {
    /// In a struct: a bare closure would be wrapped once more by every look into the lock.
    private struct Rule {
        var apply: @Sendable (DiskOperation, String) -> DiskFault?
    }

    private let rule = Mutex(Rule { _, _ in nil })
    private let seen = Mutex<[DiskOperation: Int]>([:])

    var faults: DiskFaults {
        DiskFaults { operation, path in
            self.seen.withLock { $0[operation, default: 0] += 1 }
            let rule = self.rule.withLock { $0 }
            return rule.apply(operation, path)
        }
    }

    /// From now on the disk does this; nil from the rule lets the operation happen.
    func behave(_ rule: @escaping @Sendable (DiskOperation, String) -> DiskFault?) {
        self.rule.withLock { $0.apply = rule }
    }

    /// The disk is well again.
    func heal() {
        behave { _, _ in nil }
    }

    /// One operation always fails so, where the path contains the word.
    func fail(_ operation: DiskOperation, on word: String = "", with fault: DiskFault) {
        behave { $0 == operation && (word.isEmpty || $1.contains(word)) ? fault : nil }
    }

    /// How often the operation was asked for.
    func count(_ operation: DiskOperation) -> Int {
        seen.withLock { $0[operation] ?? 0 }
    }
}

/// A sink that keeps the lines.
final class TestLog: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    var lines: [String] { kept.withLock { $0.map(\.message) } }

    func write(_ record: LogRecord) {
        kept.withLock { $0.append(record) }
    }
}

/// A store on a test's own disk, with everything around it that a test wants to touch.
struct TestStore: Sendable {
    let folder: TemporarySpoolFolder
    let disk = TestDisk()
    let log = TestLog()
    let clock: TestClock

    init(_ folder: TemporarySpoolFolder? = nil, clock: TestClock = TestClock()) throws {
        self.folder = try folder ?? TemporarySpoolFolder()
        self.clock = clock
    }

    func open(_ adjust: (inout SpoolSettings) -> Void = { _ in }) throws(SpoolError) -> EmbeddedSpool {
        var settings = SpoolSettings.small(folder)
        adjust(&settings)
        return try EmbeddedSpool.open(settings, log: log, now: { [clock] in clock.now }, faults: disk.faults)
    }

    /// Drafts until the store takes mail again, a second later each time; false when it never does.
    func recovers(_ spool: EmbeddedSpool) async throws -> Bool {
        for _ in 0..<100 {
            clock.advance(by: 1001)
            do throws(SpoolError) {
                _ = try spool.draft()
                return true
            } catch {
                // Work of our own comes after the probe on the committer.
                _ = await spool.record(Outcome(id: QueueID(value: 1), recipients: []))
            }
        }
        return false
    }
}
