// SPDX-License-Identifier: Apache-2.0

/// Keeps answers, denials and failures for as long as they hold, in a bounded number of places.
///
/// Places are reused as a clock's hand goes round: it passes over an answer once when somebody asked for it since the last
/// round, and takes the first place whose answer has expired or was not asked for. Times are milliseconds given by the caller.
package struct AnswerCache: Sendable {
    /// What is kept: an answer, or why there was none.
    package typealias Outcome = Result<Answer, ResolverError>

    private struct Place {
        var question: Question
        var outcome: Outcome
        var stored: Int64
        var expires: Int64
        var asked: Bool

        /// A clock that was set back must not make answers older than they may get.
        func holds(at now: Int64) -> Bool { stored <= now && now < expires }
    }

    private let settings: CacheSettings
    private var places: [Place] = []
    private var index: [Question: Int] = [:]
    private var hand = 0

    /// Empty; places are made as answers come.
    package init(settings: CacheSettings) {
        self.settings = settings
    }

    /// Answers held, expired ones too until their place is needed.
    package var count: Int { places.count }

    /// The answer to a question with the seconds it still holds, or nil when there is none.
    package mutating func outcome(of question: Question, now: Int64) -> Outcome? {
        guard let place = index[question], places[place].holds(at: now) else { return nil }
        places[place].asked = true
        guard case .success(var answer) = places[place].outcome else { return places[place].outcome }
        answer.ttl = (places[place].expires - now + 999) / 1_000
        return .success(answer)
    }

    /// Keeps what was found out, in place of what is known, and returns it with its TTL within the limits.
    @discardableResult
    package mutating func keep(_ outcome: Outcome, of question: Question, now: Int64) -> Outcome {
        var kept = outcome
        var seconds: Int64 = 0
        switch outcome {
        case .success(var answer):
            answer.ttl = limited(answer)
            seconds = answer.ttl
            kept = .success(answer)
            if answer.records.reduce(0, { $0 + $1.count }) > settings.answerBytes { return kept }
        case .failure(let error):
            if !error.isKept { return kept }
            seconds = min(max(settings.failureTTL, 0), 300)
        }
        guard seconds > 0, settings.entries > 0 else { return kept }
        let place = Place(question: question, outcome: kept, stored: now, expires: now + seconds * 1_000, asked: false)
        if let known = index[question] {
            places[known] = place
        } else if places.count < settings.entries {
            index[question] = places.count
            places.append(place)
        } else {
            let free = freePlace(now: now)
            index[places[free].question] = nil
            index[question] = free
            places[free] = place
        }
        return kept
    }

    private func limited(_ answer: Answer) -> Int64 {
        let most =
            answer.existence == .found ? settings.maximumTTL : min(settings.maximumTTL, settings.maximumNegativeTTL)
        // why: a bound in years keeps the sum with any clock in milliseconds far from overflow.
        return min(max(answer.ttl, settings.minimumTTL, 0), max(most, 0), 1_000_000_000)
    }

    /// The place to reuse; after one round every answer has lost its mark, so the hand stops in the second at the latest.
    private mutating func freePlace(now: Int64) -> Int {
        while true {
            if hand >= places.count { hand = 0 }
            if !places[hand].holds(at: now) || !places[hand].asked { break }
            places[hand].asked = false
            hand += 1
        }
        defer { hand += 1 }
        return hand
    }
}

extension ResolverError {
    /// Whether the failure says something about the question, and not about this process.
    var isKept: Bool {
        switch self {
        case .timedOut, .serverFailure, .bogus, .response: true
        case .invalidName, .overloaded, .cancelled, .closed, .unusable, .library: false
        }
    }
}
