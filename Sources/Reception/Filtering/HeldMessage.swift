// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// A message that filters must see whole before it is committed: its head in memory, its body in a draft of its own.
///
/// The head is bounded by `header_size_limit`; the draft counts against the spool's memory budget and goes to disk beyond
/// it, like any other. The message that is committed is written anew from both, under the id it had from the start.
final class HeldMessage {
    private(set) var head: MessageHead
    private(set) var body: any Draft
    /// What has to be supposed of a message that a filter has changed; nil for the one that came in.
    private(set) var bodyTraits: BodyTraits?

    init(body: any Draft, headLimit: Int) {
        head = MessageHead(limit: headLimit)
        self.body = body
    }

    /// Takes a piece of the message as it came in; see `Draft.append`.
    func append(_ bytes: ByteBuffer, resume: @escaping @Sendable () -> Void) throws(SpoolError) -> DraftRoom {
        let rest = head.take(bytes)
        guard rest.readableBytes > 0 else { return .ready }
        return try body.append(rest, resume: resume)
    }

    /// The message is complete.
    func finish() throws(SpoolError) {
        let rest = head.finish()
        guard rest.readableBytes > 0 else { return }
        _ = try body.append(rest, resume: {})
    }

    /// Makes a filter's changes.
    func apply(_ edits: MilterEdits) {
        for edit in edits.headers { head.apply(edit, isVerbatim: edits.isVerbatim) }
        if !edits.headers.isEmpty { bodyTraits = (bodyTraits ?? []).union(.longLines) }
        if let body = edits.body {
            self.body = body.draft
            bodyTraits = (bodyTraits ?? []).union(body.traits)
        }
    }

    /// Writes the message as it is now into `draft`; `then` is called once, on the event loop, perhaps at once.
    func write(into draft: any Draft, on loop: any EventLoop, then: @escaping (SpoolError?) -> Void) {
        MessageWriting(self, into: draft, on: loop, then: then).begin()
    }
}

/// A held message on its way into the draft that will be committed.
private final class MessageWriting {
    private static let piece = 131_072

    private let message: HeldMessage
    private let draft: any Draft
    private let then: (SpoolError?) -> Void
    private let reading: DraftReading

    init(
        _ message: HeldMessage,
        into draft: any Draft,
        on loop: any EventLoop,
        then: @escaping (SpoolError?) -> Void
    ) {
        self.message = message
        self.draft = draft
        self.then = then
        reading = DraftReading(message.body, on: loop)
    }

    func begin() {
        take(message.head.bytes(hasBody: message.body.size > 0))
    }

    private func take(_ piece: ByteBuffer) {
        let bound = NIOLoopBound(self, eventLoop: reading.loop)
        let resume: @Sendable () -> Void = { bound.eventLoop.execute { bound.value.next() } }
        do throws(SpoolError) {
            if try draft.append(piece, resume: resume) == .ready { next() }
        } catch {
            then(error)
        }
    }

    private func next() {
        guard !reading.isOver else { return then(nil) }
        reading.next(limit: MessageWriting.piece) { [self] result in
            switch result {
            case .success(let piece): take(piece)
            case .failure(let error): then(error)
            }
        }
    }
}
