// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// One check of a server: its connections, one after the other, and what they came to.
enum ServerProbe {
    /// Why there is no connection, without a comma.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return FailureText.of(error) }
        return error.connectionErrors.first.map { FailureText.of($0.error) } ?? "no address found for \(error.host)"
    }

    static func run(_ plan: CheckPlan, on loop: any EventLoop, trace: CheckTrace? = nil) -> EventLoopFuture<CheckResult>
    {
        if case .pool = plan.target {
            return loop.makeSucceededFuture(CheckResult(status: .layer4Passed, duration: 0))
        }
        var machine = CheckDialogueMachine(plan.method, steps: plan.steps, startsTLS: plan.tls?.startsLater == true)
        guard case .connect(let port, let sendsProxy) = machine.start() else {
            return loop.makeSucceededFuture(CheckResult(status: .layer4Passed, duration: 0))
        }
        return connect(machine, port, sendsProxy, plan, on: loop, since: .now(), trace)
    }

    private static func connect(
        _ machine: CheckDialogueMachine,
        _ port: Int?,
        _ sendsProxy: Bool,
        _ plan: CheckPlan,
        on loop: any EventLoop,
        since began: NIODeadline,
        _ trace: CheckTrace?
    ) -> EventLoopFuture<CheckResult> {
        // A step with a port of its own inherits no header, as in HAProxy.
        let version = sendsProxy ? plan.stepVersion : port == nil ? plan.version : nil
        let outcome = loop.makePromise(of: CheckDialogueHandler.Outcome.self)
        let timeout = max(
            1,
            plan.connectTimeout - (plan.answerTimeout == nil ? CheckPlan.milliseconds(since: began) : 0)
        )
        ServerDialer.connect(to: plan.target(port: port), on: loop, timeout: timeout, from: plan.origin)
            .flatMapThrowing { channel in
                let end = plan.answerTimeout.map { NIODeadline.now() + .milliseconds(Int64($0)) }
                let handler = CheckDialogueHandler(
                    machine,
                    plan: plan,
                    version: version,
                    began: began,
                    deadline: end ?? began + .milliseconds(Int64(plan.connectTimeout)),
                    promise: outcome,
                    trace: trace
                )
                try channel.pipeline.syncOperations.addHandler(handler)
            }
            .whenFailure { error in
                let duration = CheckPlan.milliseconds(since: began)
                if case ChannelError.connectTimeout = error {
                    outcome.succeed(.finished(CheckResult(status: .layer4TimedOut, duration: duration)))
                } else {
                    let info = words(error)
                    outcome.succeed(.finished(CheckResult(status: .layer4Failed, info: info, duration: duration)))
                }
            }
        return outcome.futureResult.flatMap { outcome in
            switch outcome {
            case .finished(let result): loop.makeSucceededFuture(result)
            case .connect(let machine, let port, let sendsProxy):
                connect(machine, port, sendsProxy, plan, on: loop, since: began, trace)
            }
        }
    }
}
