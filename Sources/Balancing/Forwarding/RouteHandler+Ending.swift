// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// How a forwarded session ends when somebody asks for it: where SMTP is spoken and can be read, at the next moment in which
/// nothing is under way.
extension RouteHandler {
    /// The session has been asked to end, and goes on until then.
    struct Ending {
        var reason: SessionEndRequest.Reason
        /// What ends it where that moment does not come; nil: the grace period of a stop does.
        var timer: Scheduled<Void>?
    }

    func relayAsked(toEnd reason: SessionEndRequest.Reason) {
        let mayWait = ending == nil && transactions?.isReadable == true
        switch reason {
        case .timedOut:
            cut(reason)
        case .shutdown:
            // A dialogue that cannot be read is not ours to end: it has until the grace period is over.
            guard mayWait else { return }
            ending = Ending(reason: reason)
            endAtBoundary()
        case .serverDown:
            metering.end(.serverDown)
            cut(reason)
        case .killed, .serverUp:
            if reason == .serverUp { metering.end(.serverUp) }
            // Who is asked again does not wait any longer.
            guard mayWait else { return cut(reason) }
            let limit = TimeAmount.milliseconds(Int64(settings?.shutdownTimeout ?? 0))
            let timer: Scheduled<Void>? = context?.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
                self?.cut(reason)
            }
            ending = Ending(reason: reason, timer: timer)
            endAtBoundary()
        }
    }

    /// Ends the session that was asked to, if nothing is under way now.
    func endAtBoundary() {
        guard let ending, transactions?.isAtBoundary == true else { return }
        _ = sayFarewell(environment.farewell(ending.reason))
    }

    func forgetEnding() {
        ending?.timer?.cancel()
        ending = nil
    }

    private func cut(_ reason: SessionEndRequest.Reason) {
        guard case .relaying = state else { return }
        if !sayFarewell(environment.farewell(reason)) { end?.close() }
    }
}
