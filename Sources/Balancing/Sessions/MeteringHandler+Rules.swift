// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Statistics

/// What the rules of a frontend say, stage by stage (HAProxy configuration manual 4.2, `tcp-request`).
extension MeteringHandler {
    /// `tcp-request connection`, before anything is read: the peer is judged, whoever it may speak for. False: it is gone.
    func admitPeer(_ context: ChannelHandlerContext, _ plan: RulePlan) -> Bool {
        let rules = ConnectionRules(plan, frontend)
        self.rules = rules
        rules.source = context.channel.remoteAddress?.unmapped
        rules.destination = context.channel.localAddress?.unmapped
        switch rules.judge(plan.settings.connection) {
        case .accept, .wait: break
        case .reject:
            frontend.statistics.deniedConnections.add()
            vanish(context, withReset: true)
            return false
        case .silentDrop:
            frontend.statistics.deniedConnections.add()
            dropSilently(context)
            return false
        }
        if rules.expectsHeader, !listener.bind.acceptProxy {
            let handler = ProxyHeaderHandler(metering: self, context: context)
            do {
                try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
            } catch {
                vanish(context, withReset: false)
                return false
            }
        }
        return true
    }

    /// `tcp-request session`: the client that the header names, or the peer itself. False: it is turned away.
    func admitClient(_ context: ChannelHandlerContext, _ header: ProxyHeader?, _ rules: ConnectionRules) -> Bool {
        if let header {
            rules.header = header
            // why only with a source: LOCAL and UNKNOWN name nobody, and the peer's own address counts.
            if header.source != nil {
                rules.source = header.source?.unmapped
                rules.destination = header.destination?.unmapped
            }
        }
        switch rules.judge(rules.plan.settings.session) {
        case .accept, .wait:
            rules.sessionBegan()
            return true
        case .reject(let rule):
            frontend.statistics.deniedSessions.add()
            logRefusal(context, rules, rule)
            turnAway(context, rules, rule)
        case .silentDrop:
            frontend.statistics.deniedSessions.add()
            dropSilently(context)
        }
        return false
    }

    /// `tcp-request content` and `use_backend`: decides at once where it can, else as soon as the client has said enough.
    func judge(_ context: ChannelHandlerContext, _ identity: ProxyHeader, _ rules: ConnectionRules) {
        record.stage = .request
        rules.backend = plan.backend
        let inspection = ContentInspection(rules: rules, frontend: plan.backend)
        switch inspection.proceed() {
        case .wait(let delay):
            let handler = ContentInspectionHandler(self, inspection, identity, delay: delay)
            do {
                try context.pipeline.syncOperations.addHandler(handler)
            } catch {
                context.close(promise: nil)
            }
        case .route(let backend):
            record.stage = .none
            route(context, identity, to: backend)
        case .reject(let rule, let backend):
            refuse(context, rules, rule, by: backend)
        case .silentDrop(let backend):
            refused(by: backend)
            dropSilently(context)
        }
    }

    /// A content rule turns the client away.
    func refuse(
        _ context: ChannelHandlerContext,
        _ rules: ConnectionRules,
        _ rule: Rule,
        by backend: Backend?,
        inputEnded: Bool = false
    ) {
        refused(by: backend)
        turnAway(context, rules, rule, inputEnded: inputEnded)
    }

    func refused(by backend: Backend?) {
        frontend.statistics.deniedRequests.add()
        if let backend {
            backend.statistics.deniedRequests.add()
            // It came to the backend, whose log line it is, and ends there.
            record.backend = backend
            backend.enter()
        }
        record.stage = .request
        end(.rejected)
    }

    /// Says why in SMTP, where that is spoken, and closes.
    private func turnAway(
        _ context: ChannelHandlerContext,
        _ rules: ConnectionRules,
        _ rule: Rule,
        inputEnded: Bool = false
    ) {
        isRefused = true
        let speaksSMTP = rules.backend?.speaksSMTP == true || plan.speaksSMTP
        let reply = speaksSMTP ? refusalReply(rules, rule) : nil
        do {
            try context.pipeline.syncOperations.addHandler(FarewellHandler(reply: reply, inputEnded: inputEnded))
        } catch {
            context.close(promise: nil)
        }
    }

    private func refusalReply(_ rules: ConnectionRules, _ rule: Rule) -> String {
        let hostname = switchboard.environment.hostname
        if rule.readsContent { return "554 5.5.1 \(hostname) Error: protocol error\r\n" }
        let client = rules.source.flatMap { IPAddress($0) }?.description ?? "unknown"
        // Who asks too often may come back, whoever is listed need not.
        return rule.isTemporary
            ? "421 4.7.0 \(hostname) Client host [\(client)] rejected: try again later\r\n"
            : "554 5.7.1 \(hostname) Client host [\(client)] rejected: Access denied\r\n"
    }

    /// A session that never was one leaves HAProxy's short line, with the rule.
    private func logRefusal(_ context: ChannelHandlerContext, _ rules: ConnectionRules, _ rule: Rule) {
        guard plan.settings.logs else { return }
        let environment = switchboard.environment
        let client = rules.source?.logText ?? "unknown"
        let line = "\(client) [\(Timestamp.text(environment.local(environment.now)))] \(listener.title): "
        environment.log(.informational, line + "Connection refused (\(rule.text))")
    }

    /// Closes without a word, with a reset where HAProxy sends one.
    private func vanish(_ context: ChannelHandlerContext, withReset: Bool) {
        isRefused = true
        if withReset { context.channel.resetOnClose() }
        context.close(promise: nil)
    }

    /// Closes so that the client does not notice, as far as the kernel lets us: without CAP_NET_ADMIN the reset is sent, but
    /// with a time to live that ends it at the first router.
    func dropSilently(_ context: ChannelHandlerContext) {
        isRefused = true
        let options = context.channel.syncOptions
        do {
            try options?.setOption(SocketOptions.repair, value: 1)
        } catch {
            let isVersion6 = context.channel.remoteAddress?.protocol == .inet6
            try? options?.setOption(isVersion6 ? SocketOptions.hopLimit : SocketOptions.timeToLive, value: 1)
            context.channel.resetOnClose()
        }
        context.close(promise: nil)
    }
}

/// `struct linger`.
private struct Linger {
    var isOn: Int32 = 1
    var seconds: Int32 = 0
}

extension Channel {
    /// SO_LINGER with no time: closing sends a reset and keeps no TIME_WAIT.
    fileprivate func resetOnClose() {
        let provider = self as? any SocketOptionProvider
        _ = provider?.unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger())
    }
}
