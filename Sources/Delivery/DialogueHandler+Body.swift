// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// A message on its way over the connection: its envelope, and its body piece by piece.
extension DialogueHandler {
    /// The envelope goes out; what of the body has to be there for it is.
    func beginTransaction() {
        guard let request else { return }
        hasBegun = true
        let envelope = request.envelope
        let action = machine.begin(
            DialogueMachine.Transaction(
                sender: envelope.sender,
                recipients: request.current.map { envelope.recipients[$0].address },
                size: envelope.size,
                eightBit: envelope.traits.contains(.eightBit),
                client: settings.sendsForwardedClient && !envelope.client.isEmpty
                    ? ForwardedClient(logName: envelope.client, ident: "\(envelope.id)") : nil
            )
        )
        guard case .finish(let verdicts, .ready) = action, let taken = takeRequest() else { return perform(action) }
        lane.finished(taken, verdicts, on: self)
        // why: decided without a word to the server. The next message may be decided so as well, and thousands of them must
        // not nest in one another.
        lane.loop.assumeIsolated().execute { [self] in
            if isIdle { goOn(.ready) }
            arm()
        }
    }

    /// Writes pieces for as long as the connection takes them, then the final dot in the same flush as the last piece.
    func sendBody() {
        guard let context else { return }
        while body != nil {
            switch body?.next() ?? .missing {
            case .bytes(let piece):
                context.write(wrapOutboundOut(piece), promise: nil)
                if body?.wanted != nil { readAhead() }
                guard context.channel.isWritable || body?.isComplete == true else {
                    context.flush()
                    return arm()
                }
            case .missing:
                context.flush()
                if !isReading { readAhead() }
                return arm()
            case .end:
                let end = body?.end
                if let limit = body?.foldedAt, let request { lane.log.folded(request, limit: limit) }
                // why: the flush may make the channel writable again and come back here; the dot goes out once.
                body = nil
                machine.bodySent()
                if let end { context.writeAndFlush(wrapOutboundOut(end), promise: nil) }
                return arm()
            }
        }
    }

    /// Asks the spool for the next piece, off the loop.
    func readAhead() {
        guard !isReading, let body, let limit = body.wanted, let request else { return }
        isReading = true
        let offset = body.offset
        let id = request.envelope.id
        let spool = lane.spool
        let loop = lane.loop
        let bound = NIOLoopBound((self, request), eventLoop: loop)
        HopDialer.offLoop {
            let result = Result { () throws(SpoolError) in try spool.body(of: id, offset: offset, limit: limit) }
            loop.execute {
                let (handler, request) = bound.value
                handler.read(result, for: request)
            }
        }
    }

    private func read(_ result: Result<ByteBuffer, SpoolError>, for request: DeliveryRequest) {
        isReading = false
        guard self.request === request else {
            // why: another message has begun meanwhile and waits for its own piece.
            if self.request != nil { readAhead() }
            return
        }
        var problem = SpoolError.disk("the body ends early")
        if case .failure(let error) = result { problem = error }
        guard case .success(let piece) = result, body?.arrived(piece) == true else {
            // why: without its end the body must not go out, so the connection is cut before the final dot.
            let isIdle = !hasBegun
            if let request = takeRequest() { lane.unreadable(request, problem) }
            if isIdle {
                lane.becameReady(self)
            } else {
                machine.abandon()
                context?.close(promise: nil)
            }
            return arm()
        }
        if !hasBegun {
            beginTransaction()
        } else if machine.step == .body, context?.channel.isWritable == true {
            sendBody()
        }
        arm()
    }
}
