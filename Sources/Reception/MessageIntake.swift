// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// One message on its way in, from MAIL to the commit: decodes the body, hands it to the draft, and remembers what was
/// wrong with it. Dropping the intake drops the draft.
final class MessageIntake {
    /// What reading a piece of the body came to.
    enum Progress {
        case needMore
        /// The draft has no room now: read no more until `resume` was called.
        case wait
        case ended
    }

    /// Bytes of decoded body that are collected before the draft gets them.
    private static let chunk = 65_536
    /// Bytes a second a client must send on average (Postfix: smtpd_min_data_rate).
    private static let minimumDataRate: Int64 = 500

    let draft: any Draft
    /// When the client has been too slow with the body.
    private(set) var deadline = NIODeadline.distantFuture
    /// Why the draft took no more, nil while all is well.
    private(set) var failure: SpoolError?
    /// Whether the log has been told of the id.
    var isLogged = false
    /// On whose behalf a filter brings the message, as it goes behind `client=` in the log.
    var origin = ""
    /// What filters that have yet to see the message need of it; nil where there are none.
    var filtered: FilteredMessage?

    private let settings: PoolSettings
    private var decoder: DataDecoder
    private var body = ByteBuffer()
    private var header: HeaderScan?
    private var isReading = false
    /// Whether a line of the trace header may be too long: it has a name that the client chose.
    private var hasLongTrace = false
    /// Whether a header of a restriction is not ASCII.
    private var isEightBit = false

    init(draft: any Draft, settings: PoolSettings) {
        self.draft = draft
        self.settings = settings
        decoder = DataDecoder(limit: settings.messageSizeLimit)
    }

    /// Bytes of the body so far.
    var size: Int { decoder.size }
    /// The value of Message-ID, once the header was looked at; empty when there is none.
    var messageID: String { header?.messageID ?? "" }
    var hasBareNewline: Bool { decoder.hasBareNewline }

    /// DATA was accepted: begins the body with headers that restrictions want, and this hop's trace header.
    func begin(_ trace: TraceHeader, below headers: String, sizeHint: Int, now: NIODeadline) {
        isReading = true
        deadline = now + .milliseconds(Int64(settings.timeout))
        let text = headers + trace.text
        hasLongTrace = text.utf8.count > DataDecoder.longestLine
        isEightBit = !headers.utf8.allSatisfy { $0 < 0x80 }
        // why: room for a small message at once, so that the buffer seldom grows.
        body.reserveCapacity(min(max(sizeHint, 4_096) + text.utf8.count + 256, MessageIntake.chunk))
        body.writeString(text)
    }

    /// Takes what belongs to the body from `input`; `resume` is called once, from any thread, after `.wait`.
    func read(_ input: inout ByteBuffer, now: NIODeadline, resume: @escaping @Sendable () -> Void) -> Progress {
        guard input.readableBytes > 0 else { return .needMore }
        let before = input.readableBytes
        let hasEnded = decoder.decode(&input, into: &body)
        // why: a message may take as long as it needs, but every byte buys only so much time.
        let bought = Int64(before - input.readableBytes) * 1_000 / MessageIntake.minimumDataRate
        deadline = min(deadline + .milliseconds(bought), now + .milliseconds(Int64(settings.timeout)))
        var room = DraftRoom.ready
        if hasEnded || body.readableBytes >= MessageIntake.chunk { room = handOver(resume) }
        if hasEnded { return .ended }
        return room == .wait ? .wait : .needMore
    }

    /// The final dot was seen: what is to be said about the body.
    func end() -> SessionMachine.DataEnd {
        isReading = false
        if let held = filtered?.held, failure == nil { finish(held) }
        if let failure { return .failed(failure.reply) }
        if decoder.isTooBig { return .tooBig }
        if decoder.hasBareNewline, settings.bareNewline == .reject { return .bareNewline }
        // why: one of the headers is this hop's own.
        if let header, header.hops > settings.hopcountLimit + 1 { return .tooManyHops }
        return .complete
    }

    /// The envelope of the complete message.
    func envelope(of transaction: Transaction, from client: ClientIdentity, at time: Int64) -> Envelope {
        var traits = BodyTraits()
        if decoder.hasLeadingDots { traits.insert(.leadingDots) }
        if decoder.hasLongLines || hasLongTrace { traits.insert(.longLines) }
        if decoder.isEightBit || isEightBit || transaction.declaredEightBit { traits.insert(.eightBit) }
        var envelope = Envelope(
            id: draft.id,
            sender: transaction.senderAddress,
            recipients: transaction.recipients.map { Recipient(address: $0.address) },
            arrival: time,
            size: draft.size,
            traits: traits,
            messageID: messageID,
            client: client.logName,
            filter: settings.filters.contentFilter ?? ""
        )
        if let filtered { filtered.changes.apply(to: &envelope) }
        return envelope
    }

    private func handOver(_ resume: @escaping @Sendable () -> Void) -> DraftRoom {
        guard failure == nil, !decoder.isTooBig else {
            body.clear()
            return .ready
        }
        if header == nil { header = HeaderScan(body, limit: settings.headerSizeLimit) }
        let piece = body
        body = ByteBuffer()
        do throws(SpoolError) {
            if let held = filtered?.held { return try held.append(piece, resume: resume) }
            return try draft.append(piece, resume: resume)
        } catch {
            failure = error
            return .ready
        }
    }

    private func finish(_ held: HeldMessage) {
        do throws(SpoolError) {
            try held.finish()
        } catch {
            failure = error
        }
    }
}
