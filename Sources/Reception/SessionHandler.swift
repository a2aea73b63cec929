// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP
import Spooling
import TLS

/// One SMTP session on one channel: bytes to the machine, its actions to the channel, the spool and the log.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What keeps the session from taking more input.
    struct Blocks: OptionSet {
        let rawValue: Int
        /// The draft wants no more bytes for now.
        static let draft = Blocks(rawValue: 1)
        /// The reply to an error is being delayed.
        static let penalty = Blocks(rawValue: 2)
        /// The client does not read its replies.
        static let unwritable = Blocks(rawValue: 4)
        /// Restrictions or filters have not answered yet.
        static let answer = Blocks(rawValue: 8)
    }

    /// After the last reply the client gets this long to close before the connection is cut.
    static let lingerTime = TimeAmount.seconds(2)
    /// Bytes that are thrown away meanwhile before a client that keeps sending is cut.
    static let discardLimit = 1_048_576

    let pool: Pool
    let lane: SessionLane
    /// Where the lane keeps this session; -1 when it does not.
    var position = -1

    var context: ChannelHandlerContext?
    var machine: SessionMachine
    var scanner: LineScanner
    var client = ClientIdentity(ProxyHeader(command: .local))
    var session: UInt64 = 0
    var isTrusted = false
    var isIdentified = false
    var isFindingName = false
    var isCounted = false
    /// What the access list wants done with the client; `ignore` also when it wants nothing.
    var denial = DenylistAction.ignore
    /// What screening still has to do with the session; nil: nothing.
    var screening: SessionScreening?

    var input = ByteBuffer()
    var output = ByteBuffer()
    var blocks: Blocks = []
    var holdsRead = false
    var isProcessing = false
    var inputEnded = false
    var endReason: SessionEndRequest.Reason?
    var isClosing = false
    var discarded = 0
    var hasLoggedEnd = false
    var lastVerb = "CONNECT"
    var lastReplyCode = 0

    /// When the client, or the last reply to it, has taken too long.
    var deadline = NIODeadline.distantFuture
    /// When a command line that has begun must have ended.
    var lineDeadline = NIODeadline.distantFuture
    /// The commit that the client waits for; nil when none is under way or it was given up.
    var pendingCommit: PendingCommit?
    /// The answer that restrictions or filters owe.
    var pendingAnswer: PendingAnswer?
    var lastTicket: UInt64 = 0
    /// The restriction lists that wait for the DNS.
    var restrictionRun: RestrictionRun?
    /// What restrictions of earlier commands have put off.
    var deferrals = RestrictionBook.Memory()
    /// What restrictions want done with the message that MAIL begins, and with every one of the session.
    var effects = MessageEffects()
    var sessionEffects = MessageEffects()
    /// Transactions begun, for `instance` of policy services.
    var transactions = 0
    /// The session's connections to `smtpd_milters`; nil where there are none.
    var milters: MilterChain?
    /// The message's way through `smtpd_proxy_filter`, while it lasts.
    var proxyFilter: ProxyFilterHandler?
    /// The message that is coming in, from MAIL on.
    var intake: MessageIntake?
    /// The encryption, from the start of its handshake on.
    var tls: SessionTLS?

    init(pool: Pool, lane: SessionLane) {
        self.pool = pool
        self.lane = lane
        machine = SessionMachine(limits: pool.limits)
        machine.encryption = Self.encryption(of: pool)
        scanner = LineScanner(limit: pool.settings.lineLengthLimit)
    }

    /// The event loop's clock.
    var now: NIODeadline { lane.eventLoop.now }
    var log: SessionLog { SessionLog(pool: pool, client: client, session: session) }
    var isBlocked: Bool { machine.isWaiting || !blocks.isEmpty }

    /// Where the dialogue is, as log lines name it.
    var stage: String { machine.isReceiving ? "DATA (\(intake?.size ?? 0) bytes)" : lastVerb }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        pool.statistics.sessions.enter()
        lane.add(self)
        postpone()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connectionEnded()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if isClosing {
            discarded += bytes.readableBytes
            if discarded > SessionHandler.discardLimit { context.close(promise: nil) }
            return
        }
        input.arrived(bytes)
        postpone()
        process()
    }

    func read(context: ChannelHandlerContext) {
        // why: what the client sends while it must wait stays in the kernel's buffer, but for one read: a client that waits as
        // well sends nothing, and need not cost two changes of what is polled for.
        if isBlocked, !isClosing, input.readableBytes > 0 { holdsRead = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { unblock(.unwritable) } else { blocks.insert(.unwritable) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let request as SessionEndRequest:
            endReason = request.reason
            if !isProcessing { endIfAsked() }
        case ChannelEvent.inputClosed:
            inputEnded = true
            if isClosing { context.close(promise: nil) } else { process() }
        case _ where tls != nil && TLSConnection.isHandshakeCompleted(event):
            handshakeCompleted()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if tls != nil, let failure = TLSFailure(error) { encryptionFailed(failure) }
        // why: a connection that fails is a lost connection, and is logged as one when it closes.
        context.close(promise: nil)
    }

    /// The lane's clock: everything that takes too long ends here.
    func clockTicked(at now: NIODeadline) {
        if isClosing {
            if now >= deadline { context?.close(promise: nil) }
        } else if isHandshaking {
            if now >= deadline { handshakeTimedOut() }
        } else if let pendingCommit, now >= pendingCommit.deadline {
            self.pendingCommit = nil
            perform(machine.commitFailed(with: .commitTooSlow))
            postpone()
            process()
        } else if let pendingAnswer {
            if now >= pendingAnswer.deadline { pendingAnswer.expire() }
        } else if !machine.isWaiting, blocks != .penalty,
            now >= min(deadline, lineDeadline, intake?.deadline ?? deadline)
        {
            silenceExceeded()
        }
    }

    private func silenceExceeded() {
        pool.statistics.timeouts.add()
        if screening != nil {
            pool.statistics.screening.limited.add()
            log.limited("TIME", after: lastVerb)
        } else {
            log.timedOut(after: stage)
        }
        hasLoggedEnd = true
        // why: a client that reads nothing would not read this reply either.
        guard !blocks.contains(.unwritable) else {
            context?.close(promise: nil)
            return
        }
        perform(machine.timedOut())
        process()
    }

    /// The client did something, or may do something again: it has its time anew.
    func postpone() {
        guard !isClosing else { return }
        deadline = now + .milliseconds(Int64(screening?.commandTime ?? pool.settings.timeout))
    }

    func unblock(_ block: Blocks) {
        guard blocks.contains(block) else { return }
        blocks.remove(block)
        postpone()
        process()
    }
}
