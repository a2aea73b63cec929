// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics
import Synchronization

/// Owns a frontend: its counters, its limit and where its sessions go.
final class Frontend: Sendable {
    /// What a session needs to know of its frontend; replaced as a whole by a reload.
    final class Plan: Sendable {
        let settings: FrontendSettings
        let backend: Backend?
        /// Milliseconds without a byte from the client; nil: no limit.
        let clientTimeout: TimeAmount?
        /// Nil where no rule has to be looked at.
        let rules: RulePlan?

        init(settings: FrontendSettings, backend: Backend?, rules: RulePlan?) {
            self.settings = settings
            self.backend = backend
            self.rules = rules
            clientTimeout = settings.clientTimeout.map { .milliseconds(Int64($0)) }
        }

        /// Whether clients who are turned away before they have a backend are told so in SMTP.
        var speaksSMTP: Bool { settings.rules.speaksSMTP ?? backend?.speaksSMTP ?? false }
    }

    let name: String
    let statistics = ProxyStatistics()
    private let count = Atomic<Int>(0)
    private let limit = Atomic<Int>(0)
    private let isAccepting = Atomic<Bool>(true)
    private let hasEnded = Atomic<Bool>(false)
    private let current: Mutex<Plan>

    init(_ plan: Plan) {
        name = plan.settings.name
        current = Mutex(plan)
        limit.store(plan.settings.maximumConnections, ordering: .relaxed)
    }

    var plan: Plan { current.withLock { $0 } }
    /// Connections of this frontend, also those that wait for their PROXY header.
    var connections: Int { count.load(ordering: .relaxed) }
    var accepts: Bool { isAccepting.load(ordering: .relaxed) }
    var isFull: Bool {
        let limit = limit.load(ordering: .relaxed)
        return limit > 0 && connections >= limit
    }

    /// Whether `enter` would count one more now.
    var mayEnter: Bool {
        let limit = limit.load(ordering: .relaxed)
        return isAccepting.load(ordering: .sequentiallyConsistent)
            && (limit <= 0 || count.load(ordering: .sequentiallyConsistent) < limit)
    }

    func replace(_ plan: Plan) {
        current.withLock { $0 = plan }
        limit.store(plan.settings.maximumConnections, ordering: .relaxed)
    }

    /// Whether it is gone for good, by a reload or because the process stops: what still becomes a session is asked to end.
    var isRetired: Bool { hasEnded.load(ordering: .sequentiallyConsistent) }

    func retire() {
        hasEnded.store(true, ordering: .sequentiallyConsistent)
    }

    /// `disable frontend`, `enable frontend`; false when it is so already.
    func setAccepting(_ accepting: Bool) -> Bool {
        isAccepting.exchange(accepting, ordering: .sequentiallyConsistent) != accepting
    }

    /// Counts one more connection; false, and nothing counted, where the limit is reached or the frontend is paused.
    func enter() -> Bool {
        guard isAccepting.load(ordering: .sequentiallyConsistent) else { return false }
        return GateCount.enter(count, limit: limit.load(ordering: .relaxed))
    }

    func leave() {
        count.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
}
