// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP

/// Keeps what a client sends while content rules wait for it (`tcp-request inspect-delay`), hands it on when they have
/// decided, and goes away.
final class ContentInspectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let metering: MeteringHandler
    private let inspection: ContentInspection
    private let identity: ProxyHeader
    private let delay: Int
    /// The set of rules that the timer runs for.
    private var timedStage = 0
    private var timer: Scheduled<Void>?
    private var inputEnded = false
    private var isDone = false

    init(_ metering: MeteringHandler, _ inspection: ContentInspection, _ identity: ProxyHeader, delay: Int) {
        self.metering = metering
        self.inspection = inspection
        self.identity = identity
        self.delay = delay
        timedStage = inspection.stage
    }

    func handlerAdded(context: ChannelHandlerContext) {
        arm(context, delay)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else {
            context.fireChannelRead(data)
            return
        }
        var bytes = unwrapInboundIn(data)
        inspection.rules.content.writeBuffer(&bytes)
        if inspection.rules.content.readableBytes >= RuleLimits.contentBytes { inspection.hasEverything = true }
        proceed(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !isDone else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if case ChannelEvent.inputClosed = event {
            inputEnded = true
            inspection.hasEverything = true
            proceed(context)
        } else if let request = event as? SessionEndRequest {
            isDone = true
            let reply = metering.plan.speaksSMTP ? metering.switchboard.environment.farewell(request.reason) : nil
            finish(context, FarewellHandler(reply: reply, inputEnded: inputEnded))
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone {
            isDone = true
            metering.end(.clientAborted)
        }
        context.fireChannelInactive()
    }

    private func arm(_ context: ChannelHandlerContext, _ delay: Int) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(delay))) { [weak self] in
            guard let self, !self.isDone else { return }
            self.inspection.delayPassed()
            self.proceed(context)
        }
    }

    private func proceed(_ context: ChannelHandlerContext) {
        switch inspection.proceed() {
        case .wait(let delay):
            guard inspection.stage != timedStage else { return }
            timedStage = inspection.stage
            arm(context, delay)
        case .route(let backend):
            isDone = true
            timer?.cancel()
            metering.update { $0.stage = .none }
            metering.route(context, identity, to: backend)
            handOn(context)
        case .reject(let rule, let backend):
            isDone = true
            metering.refuse(context, inspection.rules, rule, by: backend, inputEnded: inputEnded)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        case .silentDrop(let backend):
            isDone = true
            metering.refused(by: backend)
            metering.dropSilently(context)
        }
    }

    /// What was kept belongs to whoever stands behind this handler now.
    private func handOn(_ context: ChannelHandlerContext) {
        if inspection.rules.content.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(inspection.rules.content))
            context.fireChannelReadComplete()
        }
        inspection.rules.content = ByteBuffer()
        if inputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext, _ farewell: FarewellHandler) {
        do {
            try context.pipeline.syncOperations.addHandler(farewell)
        } catch {
            context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
