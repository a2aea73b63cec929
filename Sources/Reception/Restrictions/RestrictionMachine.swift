// SPDX-License-Identifier: Apache-2.0

import Resolving
package import SMTP

/// Judges one command by Postfix's restriction lists: asks for what it must look up, and ends with a refusal or none.
///
/// What single restrictions say is in `RestrictionMachine+Judging.swift`; this file walks through the lists and keeps what
/// they have put off (Postfix: generic_checks, smtpd_check_reject).
package struct RestrictionMachine: Sendable {
    /// What to do next.
    package enum Action: Sendable, Equatable {
        /// Find out, then call `answered`.
        case ask(Lookup)
        /// The command is refused, or it is not.
        case end(Reply?)
    }

    /// A line for the log.
    package enum Note: Sendable, Equatable {
        /// `warn_if_reject` turned a refusal into a warning.
        case rejectWarning(String)
        case info(String)
        case warn(String)
        /// What is to be done with the message, and the log's words for it.
        case change(MessageEffect, String)
        /// Something is wrong that does not concern the client.
        case trouble(String)
    }

    /// One list and what it judges.
    package struct Stage: Sendable {
        /// What the list judges, as replies name it.
        package var kind: ReplyClass
        /// What stands in angle brackets in replies.
        package var name: String
        /// The list, in the order of the file.
        package var rules: [Restriction]
        /// Whether what makes rejections temporary is forgotten before the stage (Postfix: SMTPD_CHECK_RESET).
        package var begins: Bool

        /// One list; `name` is shown to the client.
        package init(_ kind: ReplyClass, _ name: String, _ rules: [Restriction], begins: Bool = true) {
            self.kind = kind
            self.name = name
            self.rules = rules
            self.begins = begins
        }
    }

    /// What one restriction came to.
    enum Outcome: Equatable {
        case dunno
        case permit
        case refuse(Reply)
        case ask(Lookup)
    }

    let facts: RestrictionFacts
    let settings: RestrictionSettings
    let relay: RelayPolicy
    private let stages: [Stage]
    /// Whether the end of the lists may refuse what was put off, and unlisted recipients.
    private let concludes: Bool
    private let checksRecipient: Bool

    private var stage = 0
    private var index = 0
    /// What waits for an answer; nil: nothing, or the unlisted recipient at the end.
    private var asking: Restriction?
    private var isConcluding = false
    /// The listing that is being asked for, and whether its reason is.
    var listing: DomainName?
    var asksReason = false
    /// Why the client is listed.
    var reason = ""

    private(set) var warns = false
    /// A refusal in place of the permission at the end.
    package private(set) var deferIfPermit: Reply?
    /// A refusal in place of a permanent one.
    private var deferIfReject: Refusal?
    var hasCheckedRecipient = false
    var hasCheckedSender = false
    private var notes: [Note] = []

    /// - Parameters:
    ///   - deferred: what earlier commands have put off.
    ///   - concludes: what was put off refuses at the end.
    ///   - checksRecipient: an unlisted recipient is refused at the end.
    package init(
        _ stages: [Stage],
        facts: RestrictionFacts,
        settings: RestrictionSettings,
        relay: RelayPolicy,
        deferred: Reply?,
        concludes: Bool,
        checksRecipient: Bool
    ) {
        self.stages = stages
        self.facts = facts
        self.settings = settings
        self.relay = relay
        self.concludes = concludes
        self.checksRecipient = checksRecipient
        deferIfPermit = deferred
    }

    var kind: ReplyClass { stage < stages.count ? stages[stage].kind : .recipient }
    var name: String { stage < stages.count ? stages[stage].name : facts.recipient?.address ?? "" }

    /// The lines that have come up since they were taken last.
    package mutating func takeNotes() -> [Note] {
        defer { notes = [] }
        return notes
    }

    mutating func note(_ note: Note) { notes.append(note) }
}

// Events.
extension RestrictionMachine {
    /// The walk begins with the first list.
    package mutating func began() -> Action {
        proceed()
    }

    /// What was asked for is known.
    package mutating func answered(_ answer: LookupAnswer) -> Action {
        let outcome: Outcome
        if let rule = asking {
            asking = nil
            outcome = resume(rule, answer)
            if case .ask = outcome { asking = rule }
            return settle(outcome) ?? proceed()
        }
        guard isConcluding else { return .end(nil) }
        outcome = unlisted(.recipient, answer)
        if case .refuse(let reply) = outcome { return .end(reply) }
        return .end(nil)
    }

    private mutating func proceed() -> Action {
        while stage < stages.count {
            if index == 0, stages[stage].begins {
                deferIfReject = nil
                warns = false
            }
            while index < stages[stage].rules.count {
                let rule = stages[stage].rules[index]
                if rule == .warnIfReject {
                    warns = true
                    index += 1
                    continue
                }
                let outcome = judge(rule)
                if case .ask = outcome { asking = rule }
                if let action = settle(outcome) { return action }
            }
            endStage()
        }
        return conclude()
    }

    /// Goes on behind a restriction; the action when that needs one.
    private mutating func settle(_ outcome: Outcome) -> Action? {
        switch outcome {
        case .ask(let lookup):
            return .ask(lookup)
        case .refuse(let reply):
            return .end(reply)
        case .permit:
            index = stages[stage].rules.count
        case .dunno:
            index += 1
            if deferIfPermit != nil, deferIfReject != nil { index = stages[stage].rules.count }
        }
        warns = false
        return nil
    }

    private mutating func endStage() {
        warns = false
        stage += 1
        index = 0
    }

    private mutating func conclude() -> Action {
        guard concludes else { return .end(nil) }
        if let deferIfPermit { return .end(deferIfPermit) }
        if checksRecipient, settings.rejectsUnlistedRecipient, !hasCheckedRecipient,
            let lookup = memberLookup(of: .recipient)
        {
            isConcluding = true
            return .ask(lookup)
        }
        return .end(nil)
    }
}

// Refusing and putting off.
extension RestrictionMachine {
    /// Refuses, or warns where that is asked for, or puts off what an earlier trouble may have caused.
    ///
    /// - Parameter always: no `warn_if_reject` holds: something is broken here.
    mutating func refuse(_ refusal: Refusal, always: Bool = false) -> Outcome {
        if warns, !always {
            note(.rejectWarning(refusal.reply.summary))
            return .dunno
        }
        if refusal.code >= 500, let deferIfReject { return .refuse(deferIfReject.reply) }
        return .refuse(refusal.reply)
    }

    /// Refuses at the end unless somebody else refuses before.
    mutating func deferPermission(_ refusal: Refusal) -> Outcome {
        if warns { return refuse(refusal) }
        if deferIfPermit == nil { deferIfPermit = refusal.reply }
        return .dunno
    }

    /// Makes permanent refusals that follow temporary ones.
    mutating func deferRejection(_ refusal: Refusal) -> Outcome {
        if deferIfReject == nil { deferIfReject = refusal }
        return .dunno
    }
}
