// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// `timeout client`: how long nothing may come from the client or go to it.
extension MeteringHandler {
    func noteActivity(_ context: ChannelHandlerContext) {
        if notesActivity { lastActivity = context.eventLoop.now }
    }

    func watchSilence(_ context: ChannelHandlerContext) {
        guard let timeout = plan.clientTimeout else { return }
        notesActivity = true
        lastActivity = context.eventLoop.now
        armTimer(context, after: timeout, timeout: timeout)
    }

    private func armTimer(_ context: ChannelHandlerContext, after delay: TimeAmount, timeout: TimeAmount) {
        // One timer a session: instead of moving it at every byte, it looks at the last one when it fires.
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            self?.timerFired(context, timeout)
        }
    }

    private func timerFired(_ context: ChannelHandlerContext, _ timeout: TimeAmount) {
        guard !isFinished else { return }
        let silence = context.eventLoop.now - lastActivity
        if silence < timeout || report.phase == .committing {
            armTimer(
                context,
                after: max(.milliseconds(1), silence < timeout ? timeout - silence : timeout),
                timeout: timeout
            )
        } else if !hasTimedOut {
            hasTimedOut = true
            end(.clientTimedOut)
            armTimer(context, after: timeout, timeout: timeout)
            context.fireUserInboundEventTriggered(SessionEndRequest(reason: .timedOut))
        } else {
            // It was told so a whole timeout ago.
            context.close(promise: nil)
        }
    }
}
