// SPDX-License-Identifier: Apache-2.0

/// What a filter may do to a message (libmilter: SMFIF_*).
package struct MilterActions: OptionSet, Sendable, Equatable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// SMFIF_ADDHDRS.
    package static let addHeaders = MilterActions(rawValue: 0x1)
    /// SMFIF_CHGBODY.
    package static let changeBody = MilterActions(rawValue: 0x2)
    /// SMFIF_ADDRCPT.
    package static let addRecipients = MilterActions(rawValue: 0x4)
    /// SMFIF_DELRCPT.
    package static let deleteRecipients = MilterActions(rawValue: 0x8)
    /// SMFIF_CHGHDRS: changes and deletes.
    package static let changeHeaders = MilterActions(rawValue: 0x10)
    /// SMFIF_QUARANTINE.
    package static let quarantine = MilterActions(rawValue: 0x20)
    /// SMFIF_CHGFROM.
    package static let changeSender = MilterActions(rawValue: 0x40)
    /// SMFIF_ADDRCPT_PAR: recipients with ESMTP parameters.
    package static let addRecipientsWithArguments = MilterActions(rawValue: 0x80)
    /// SMFIF_SETSYMLIST: chooses the macros it gets.
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

    /// SMFIP_NOCONNECT: connect is not sent.
    package static let noConnect = MilterSteps(rawValue: 0x1)
    /// SMFIP_NOHELO: HELO and EHLO are not sent.
    package static let noHello = MilterSteps(rawValue: 0x2)
    /// SMFIP_NOMAIL: MAIL is not sent.
    package static let noMail = MilterSteps(rawValue: 0x4)
    /// SMFIP_NORCPT: RCPT is not sent.
    package static let noRecipient = MilterSteps(rawValue: 0x8)
    /// SMFIP_NOBODY: the body is not sent.
    package static let noBody = MilterSteps(rawValue: 0x10)
    /// SMFIP_NOHDRS: headers are not sent.
    package static let noHeaders = MilterSteps(rawValue: 0x20)
    /// SMFIP_NOEOH: the end of headers is not sent.
    package static let noEndOfHeaders = MilterSteps(rawValue: 0x40)
    /// SMFIP_NR_HDR: headers are not answered.
    package static let noReplyToHeader = MilterSteps(rawValue: 0x80)
    /// SMFIP_NOUNKNOWN: unknown commands are not sent.
    package static let noUnknown = MilterSteps(rawValue: 0x100)
    /// SMFIP_NODATA: DATA is not sent.
    package static let noData = MilterSteps(rawValue: 0x200)
    /// The filter may answer SKIP.
    package static let skip = MilterSteps(rawValue: 0x400)
    /// The filter wants to see recipients that were refused.
    package static let refusedRecipients = MilterSteps(rawValue: 0x800)
    /// SMFIP_NR_CONN: connect is not answered.
    package static let noReplyToConnect = MilterSteps(rawValue: 0x1000)
    /// SMFIP_NR_HELO: HELO and EHLO are not answered.
    package static let noReplyToHello = MilterSteps(rawValue: 0x2000)
    /// SMFIP_NR_MAIL: MAIL is not answered.
    package static let noReplyToMail = MilterSteps(rawValue: 0x4000)
    /// SMFIP_NR_RCPT: RCPT is not answered.
    package static let noReplyToRecipient = MilterSteps(rawValue: 0x8000)
    /// SMFIP_NR_DATA: DATA is not answered.
    package static let noReplyToData = MilterSteps(rawValue: 0x10000)
    /// SMFIP_NR_UNKN: unknown commands are not answered.
    package static let noReplyToUnknown = MilterSteps(rawValue: 0x20000)
    /// SMFIP_NR_EOH: the end of headers is not answered.
    package static let noReplyToEndOfHeaders = MilterSteps(rawValue: 0x40000)
    /// SMFIP_NR_BODY: pieces of the body are not answered.
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
    /// The protocol version: 2, 3, 4 or 6.
    package var version: UInt32
    /// What the filter may do.
    package var actions: MilterActions
    /// What is not sent, and what is not answered.
    package var steps: MilterSteps
    /// The macros the filter wants at a stage instead of the configured ones.
    package var macros: [MilterStage: [String]] = [:]

    /// Terms without macros of the filter's own.
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
