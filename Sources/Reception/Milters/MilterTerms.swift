// SPDX-License-Identifier: Apache-2.0

/// What a filter may do to a message (libmilter: SMFIF_*).
package struct MilterActions: OptionSet, Sendable, Equatable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let addHeaders = MilterActions(rawValue: 0x1)
    package static let changeBody = MilterActions(rawValue: 0x2)
    package static let addRecipients = MilterActions(rawValue: 0x4)
    package static let deleteRecipients = MilterActions(rawValue: 0x8)
    package static let changeHeaders = MilterActions(rawValue: 0x10)
    package static let quarantine = MilterActions(rawValue: 0x20)
    package static let changeSender = MilterActions(rawValue: 0x40)
    package static let addRecipientsWithArguments = MilterActions(rawValue: 0x80)
    package static let chooseMacros = MilterActions(rawValue: 0x100)
    /// All that protocol version 6 has.
    package static let all = MilterActions(rawValue: 0x1FF)
}

/// Which events a filter does not want, and which it does not answer (libmilter: SMFIP_*).
package struct MilterSteps: OptionSet, Sendable, Equatable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let noConnect = MilterSteps(rawValue: 0x1)
    package static let noHello = MilterSteps(rawValue: 0x2)
    package static let noMail = MilterSteps(rawValue: 0x4)
    package static let noRecipient = MilterSteps(rawValue: 0x8)
    package static let noBody = MilterSteps(rawValue: 0x10)
    package static let noHeaders = MilterSteps(rawValue: 0x20)
    package static let noEndOfHeaders = MilterSteps(rawValue: 0x40)
    package static let noReplyToHeader = MilterSteps(rawValue: 0x80)
    package static let noUnknown = MilterSteps(rawValue: 0x100)
    package static let noData = MilterSteps(rawValue: 0x200)
    /// The filter may answer SKIP.
    package static let skip = MilterSteps(rawValue: 0x400)
    /// The filter wants to see recipients that were refused.
    package static let refusedRecipients = MilterSteps(rawValue: 0x800)
    package static let noReplyToConnect = MilterSteps(rawValue: 0x1000)
    package static let noReplyToHello = MilterSteps(rawValue: 0x2000)
    package static let noReplyToMail = MilterSteps(rawValue: 0x4000)
    package static let noReplyToRecipient = MilterSteps(rawValue: 0x8000)
    package static let noReplyToData = MilterSteps(rawValue: 0x10000)
    package static let noReplyToUnknown = MilterSteps(rawValue: 0x20000)
    package static let noReplyToEndOfHeaders = MilterSteps(rawValue: 0x40000)
    package static let noReplyToBody = MilterSteps(rawValue: 0x80000)
    /// Header values are passed with the space after the colon.
    package static let leadingSpace = MilterSteps(rawValue: 0x100000)

    /// What is offered in protocol versions 2, 3, 4 and 6. Refused recipients are not shown to filters.
    package static func offered(in version: UInt32) -> MilterSteps {
        var steps = MilterSteps(rawValue: 0x7F)
        if version > 2 { steps.insert(.noUnknown) }
        if version > 3 { steps.insert(.noData) }
        if version > 5 { steps.insert(MilterSteps(rawValue: 0x1F_F480)) }
        return steps
    }
}

/// What the two sides of a connection agree on, as SMFIC_OPTNEG carries it.
package struct MilterTerms: Sendable, Equatable {
    package var version: UInt32
    package var actions: MilterActions
    package var steps: MilterSteps
    /// The macros the filter wants at a stage instead of the configured ones.
    package var macros: [MilterStage: [String]] = [:]

    package init(version: UInt32, actions: MilterActions, steps: MilterSteps) {
        self.version = version
        self.actions = actions
        self.steps = steps
    }

    /// What is offered in a protocol version.
    package static func offer(version: UInt32) -> MilterTerms {
        MilterTerms(version: version, actions: .all, steps: .offered(in: version))
    }
}

/// The stages at which macros are sent; the raw value is libmilter's SMFIM_*.
package enum MilterStage: UInt32, Sendable, Hashable, CaseIterable {
    case connect = 0
    case hello = 1
    case mail = 2
    case recipient = 3
    case data = 4
    case endOfMessage = 5
    case endOfHeaders = 6
}
