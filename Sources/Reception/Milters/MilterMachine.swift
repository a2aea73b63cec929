// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SMTP

/// What a filter has decided about the event it was told of.
package enum MilterVerdict: Sendable, Equatable {
    /// Go on.
    case proceed
    /// Take the message and throw it away.
    case discard
    /// Take the message and hold it back in the queue.
    case hold(reason: String)
    /// Refuse the connection, the message or the recipient; 421 ends the session.
    case refuse(Reply)
}

/// The mail server's side of one connection to a filter as a pure state machine, protocol versions 2 to 6.
///
/// Knows which events the filter wants and which it answers, that `accept` ends its part in the message or in the whole
/// connection, and that a refusal of the client holds for everything that follows.
package struct MilterMachine: Sendable {
    /// What to do next.
    package enum Action: Sendable, Equatable {
        /// Goes on waiting.
        case none
        /// The filter has nothing to say to the event; these bytes go out, perhaps with later ones.
        case proceed(ByteBuffer)
        /// These bytes go out, and the answer comes later.
        case write(ByteBuffer)
        /// The answer.
        case verdict(MilterVerdict)
        /// A change of the message; the answer is still to come.
        case edit(MilterEdit)
        /// The connection is of no use any more, and the log is told why.
        case failed(String)
    }

    /// What is outstanding.
    private enum State: Sendable, Equatable {
        case negotiating
        case idle
        case waiting(Character)
        case closed
    }

    private let offer: MilterTerms
    private var state = State.negotiating
    private var steps: MilterSteps = []
    private var chosen: [MilterStage: [String]] = [:]
    /// What has been decided for the rest of the connection.
    private var decision: MilterVerdict?
    /// What has been decided for the rest of the message.
    private var messageDecision: MilterVerdict?
    /// Events of this letter are not wanted any more.
    private var skipped: Character?

    /// - Parameter version: of the protocol: 2, 3, 4 or 6 (Postfix: milter_protocol).
    package init(version: Int = 6) {
        offer = .offer(version: UInt32(clamping: max(2, version)))
    }

    /// Whether an answer of the filter is outstanding.
    package var isWaiting: Bool {
        switch state {
        case .negotiating, .waiting: true
        case .idle, .closed: false
        }
    }

    /// Whether header values are passed with the space after the colon.
    package var wantsLeadingSpace: Bool { steps.contains(.leadingSpace) }

    /// Whether the filter wants to see more of the body.
    package var wantsBody: Bool { !steps.contains(.noBody) && skipped != "B" }

    /// Whether the filter takes any part in what follows of the message.
    package var isInterested: Bool { state == .idle && decision == nil && messageDecision == nil }

    /// Whether the filter has made up its mind about the client: libmilter hangs up behind that word.
    package var hasDecided: Bool { decision != nil }

    /// The names of macros at a stage: the filter's choice, or else the configured ones.
    package func macros(at stage: MilterStage, configured: [MilterStage: [String]]) -> [String] {
        chosen[stage] ?? configured[stage] ?? []
    }

    /// The connection is up.
    package mutating func connected() -> Action {
        guard state == .negotiating else { return .none }
        var bytes = ByteBuffer()
        MilterCommand.negotiate(offer).write(into: &bytes)
        return .write(bytes)
    }

    /// A new message begins on the connection, or the last one is over: what was decided about that is forgotten.
    package mutating func messageBegins() {
        messageDecision = nil
        skipped = nil
    }

    /// Tells the filter of an event, with its macros in front.
    package mutating func tell(_ command: MilterCommand, macros: [MilterMacro] = []) -> Action {
        guard state == .idle else { return .proceed(ByteBuffer()) }
        if let decided = decision ?? messageDecision { return .verdict(decided) }
        let letter = command.letter
        if skipped == letter { return .proceed(ByteBuffer()) }
        skipped = nil
        let rule = MilterMachine.rule(for: command)
        var bytes = ByteBuffer()
        if !macros.isEmpty { MilterCommand.macros(letter, macros).write(into: &bytes) }
        if steps.contains(rule.unwanted), rule.unwanted != [] { return .proceed(bytes) }
        command.write(into: &bytes)
        if steps.contains(rule.unanswered), rule.unanswered != [] { return .proceed(bytes) }
        state = .waiting(letter)
        return .write(bytes)
    }

    /// The message is given up.
    package mutating func abort() -> ByteBuffer? {
        defer { messageBegins() }
        guard state == .idle, decision == nil else { return nil }
        var bytes = ByteBuffer()
        MilterCommand.abort.write(into: &bytes)
        return bytes
    }

    /// The session is over; nothing is said after this.
    package mutating func quit() -> ByteBuffer? {
        defer { state = .closed }
        guard state == .idle else { return nil }
        var bytes = ByteBuffer()
        MilterCommand.quit.write(into: &bytes)
        return bytes
    }

    /// The filter said something.
    package mutating func received(_ response: MilterResponse) -> Action {
        switch state {
        case .closed: return .none
        case .negotiating: return negotiated(response)
        case .idle: return fail("unexpected filter response \(response.name) while nothing was asked")
        case .waiting(let letter): return answered(response, to: letter)
        }
    }

    /// The connection was lost, or a time limit passed: whatever comes later is ignored.
    package mutating func failed() {
        state = .closed
    }

    private mutating func negotiated(_ response: MilterResponse) -> Action {
        guard case .terms(let terms) = response else {
            return fail("unexpected reply \"\(response.name)\" in initial handshake")
        }
        guard terms.version >= 2, terms.version <= offer.version else {
            return fail("protocol version \(terms.version) conflict with MTA protocol version \(offer.version)")
        }
        guard offer.actions.isSuperset(of: terms.actions) else {
            return fail("request mask 0x\(String(terms.actions.rawValue, radix: 16)) conflict with MTA actions")
        }
        // why: as Postfix, a filter that asks for more than was offered does not get it, and that is no error.
        steps = terms.steps.intersection(offer.steps)
        // why: DATA came with version 4, and who speaks less does not know it.
        if terms.version < 4 { steps.insert(.noData) }
        chosen = terms.macros
        state = .idle
        return .verdict(.proceed)
    }

    private mutating func answered(_ response: MilterResponse, to letter: Character) -> Action {
        switch response {
        case .progress:
            return .none
        case .edit(.quarantine(let reason)):
            return .edit(.quarantine(reason: reason))
        case .edit(let edit):
            guard letter == "E" else { return unexpected(response, letter) }
            return .edit(edit)
        case .proceed:
            state = .idle
            return .verdict(.proceed)
        case .skip:
            state = .idle
            skipped = letter
            return .verdict(.proceed)
        case .accept:
            state = .idle
            if letter.isOfConnection { decision = .proceed } else { messageDecision = .proceed }
            return .verdict(.proceed)
        case .discard:
            state = .idle
            // why: there is no message yet that could be thrown away.
            if letter.isOfConnection { return .verdict(.proceed) }
            messageDecision = .proceed
            return .verdict(.discard)
        case .reject: return refused(.milterRejected, letter)
        case .tempfail: return refused(.milterUnavailable, letter)
        case .reply(let reply): return refused(reply, letter)
        case .shutdown:
            decision = .refuse(.milterShutDown)
            state = .idle
            return .verdict(.refuse(.milterShutDown))
        case .connectionFailed: return fail("the filter reports that its connection failed")
        case .terms: return unexpected(response, letter)
        }
    }

    private mutating func refused(_ reply: Reply, _ letter: Character) -> Action {
        state = .idle
        if letter.isOfConnection {
            decision = .refuse(reply)
        } else if letter != "R" {
            // why: a refused recipient is no decision about the others, but DATA that was refused must not pass when it is said again.
            messageDecision = .refuse(reply)
        }
        return .verdict(.refuse(reply))
    }

    private mutating func unexpected(_ response: MilterResponse, _ letter: Character) -> Action {
        fail("unexpected filter response \(response.name) after event \(letter.event)")
    }

    private mutating func fail(_ reason: String) -> Action {
        state = .closed
        return .failed(reason)
    }

    private static func rule(for command: MilterCommand) -> (unwanted: MilterSteps, unanswered: MilterSteps) {
        switch command {
        case .connect: (.noConnect, .noReplyToConnect)
        case .hello: (.noHello, .noReplyToHello)
        case .mail: (.noMail, .noReplyToMail)
        case .recipient: (.noRecipient, .noReplyToRecipient)
        case .data: (.noData, .noReplyToData)
        case .header: (.noHeaders, .noReplyToHeader)
        case .endOfHeaders: (.noEndOfHeaders, .noReplyToEndOfHeaders)
        case .body: (.noBody, .noReplyToBody)
        case .endOfBody, .negotiate, .macros, .abort, .quit, .quitForNewConnection: ([], [])
        }
    }
}

extension Character {
    /// Whether the event of this letter comes before any message.
    fileprivate var isOfConnection: Bool { self == "C" || self == "H" }

    /// The name of the event, as Postfix's log has it.
    fileprivate var event: String {
        switch self {
        case "C": "SMFIC_CONNECT"
        case "H": "SMFIC_HELO"
        case "M": "SMFIC_MAIL"
        case "R": "SMFIC_RCPT"
        case "T": "SMFIC_DATA"
        case "L": "SMFIC_HEADER"
        case "N": "SMFIC_EOH"
        case "B": "SMFIC_BODY"
        case "E": "SMFIC_BODYEOB"
        default: "(unknown MTA event)"
        }
    }
}
