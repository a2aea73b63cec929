// SPDX-License-Identifier: Apache-2.0

/// Owns the way of a session through the content rules of its frontend, `use_backend`, and the content rules of its backend.
final class ContentInspection {
    enum Step {
        /// More of the client's bytes are needed; milliseconds from the beginning of this set of rules.
        case wait(delay: Int)
        case route(Backend?)
        /// Nil: a rule of the frontend.
        case reject(Rule, by: Backend?)
        case silentDrop(by: Backend?)
    }

    let rules: ConnectionRules
    private let defaultBackend: Backend?
    private var index = 0
    /// 0: the frontend's rules, 1: the backend's, whose delay is one of its own.
    var stage: Int { chosen == nil ? 0 : 1 }
    /// Once the frontend's rules are done.
    private var chosen: (backend: Backend?, rules: RuleSettings?)?
    /// The client has closed, or has said as much as is kept.
    var hasEverything = false
    /// The delay of the current set of rules is over.
    private var isOver = false

    init(rules: ConnectionRules, frontend defaultBackend: Backend?) {
        self.rules = rules
        self.defaultBackend = defaultBackend
    }

    /// The delay of the rules that are looked at is over.
    func delayPassed() { isOver = true }

    /// Goes on as far as possible.
    func proceed() -> Step {
        if chosen == nil {
            let settings = rules.plan.settings
            if let step = walk(settings, by: nil) { return step }
            let backend = settings.switching.isEmpty ? defaultBackend : rules.chosenBackend() ?? defaultBackend
            rules.backend = backend
            chosen = (backend, backend.flatMap { rules.plan.resources.backendRules[$0.name] })
            (index, isOver) = (0, false)
        }
        if let settings = chosen?.rules, let step = walk(settings, by: chosen?.backend) { return step }
        return .route(chosen?.backend)
    }

    /// Nil: these rules have nothing against it.
    private func walk(_ settings: RuleSettings, by backend: Backend?) -> Step? {
        rules.isFinal = settings.inspectDelay == nil || isOver || hasEverything
        switch rules.judge(settings.content, from: index) {
        case .accept: return nil
        case .reject(let rule): return .reject(rule, by: backend)
        case .silentDrop: return .silentDrop(by: backend)
        case .wait(let place):
            index = place
            return .wait(delay: settings.inspectDelay ?? 0)
        }
    }
}
