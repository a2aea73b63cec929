// SPDX-License-Identifier: Apache-2.0

import Statistics
import Synchronization

/// The gate in front of new mail: closed by a full disk or a failed write, opened again by a successful probe.
final class SpoolGate: Sendable {
    /// Milliseconds between two probes of a disk that failed.
    private static let probeInterval: Int64 = 1000
    /// Bytes written between two looks at how much is free.
    private static let measureEvery = 4_194_304

    private struct State {
        var reason: SpoolError?
        var lastProbe: Int64 = 0
    }

    let statistics: SpoolStatistics
    private let folder: DiskFolder
    private let minimumFree: Int
    private let log: any LogSink
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())
    private let isShut = Atomic(false)
    private let unmeasured = Counter()
    /// Bytes inside the database file that are free: room for rows though the file system does not count it.
    private let reusable = Counter()

    init(
        _ folder: DiskFolder,
        minimumFree: Int,
        statistics: SpoolStatistics,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) {
        self.folder = folder
        self.minimumFree = minimumFree
        self.statistics = statistics
        self.log = log
        self.now = now
    }

    /// Why new mail is refused now; nil when it is welcome.
    var refusal: SpoolError? {
        guard isShut.load(ordering: .relaxed) else { return nil }
        return state.withLock { $0.reason }
    }

    /// Whether it is time to find out if the disk is well again; true once an interval, so whoever gets it must probe.
    func takeProbe() -> Bool {
        guard isShut.load(ordering: .relaxed) else { return false }
        let time = now()
        return state.withLock { state in
            guard state.reason != nil else { return false }
            // why the magnitude: a clock that steps back must not stop the probes.
            guard (time &- state.lastProbe).magnitude >= SpoolGate.probeInterval.magnitude else {
                return false
            }
            state.lastProbe = time
            return true
        }
    }

    /// Bytes have been written: now and then a look at what is left.
    func note(written bytes: Int) {
        guard unmeasured.add(bytes) >= SpoolGate.measureEvery else { return }
        unmeasured.set(0)
        if let error = measure() { shut(error) }
    }

    /// A disk operation has failed.
    func note(_ error: DiskError) {
        shut(error.spoolError, error.text)
    }

    /// The committer has measured what is free inside the database.
    func note(reusable bytes: Int) {
        reusable.set(bytes)
    }

    /// What speaks against taking mail as far as room is concerned.
    func measure() -> SpoolError? {
        do throws(DiskError) {
            return try folder.free() < minimumFree - reusable.value ? .full : nil
        } catch {
            return error.spoolError
        }
    }

    /// Refuses new mail from now on.
    func shut(_ error: SpoolError, _ text: String? = nil) {
        let why: String
        switch error {
        case .disk(let cause): why = cause
        default: why = text ?? "less than \(minimumFree) bytes are free in \(folder.path)"
        }
        // why all in one step, here and below: a probe opens the gate while a staged body's failure shuts it, and what is said
        // of the gate must be what it is.
        let isNew = state.withLock { state in
            // One line for all the sessions that meet the same trouble, though each has a file of its own to name.
            let isNew = state.reason.map { ($0 == .full) != (error == .full) } ?? true
            // The first probe comes an interval after the failure, not with the next draft.
            if state.reason == nil { state.lastProbe = now() }
            state.reason = error
            isShut.store(true, ordering: .relaxed)
            if isNew { statistics.change(health: .shedding(why)) }
            return isNew
        }
        if isNew { log.write(LogRecord(.error, from: "relaybox/spool", "no new mail is accepted: \(why)")) }
    }

    /// Takes new mail again.
    func open() {
        let wasShut = state.withLock { state in
            guard state.reason != nil else { return false }
            state.reason = nil
            isShut.store(false, ordering: .relaxed)
            statistics.change(health: .ok)
            return true
        }
        guard wasShut else { return }
        log.write(LogRecord(.notice, from: "relaybox/spool", "mail is accepted again"))
    }
}
