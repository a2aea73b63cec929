// SPDX-License-Identifier: Apache-2.0

import Balancing
import Delivery
import Reception

// From drafts to the roles' settings.
extension Assembly {
    /// The settings of the whole file, after everything that sections say about each other was checked.
    func settings(
        environment: (String) -> String? = { _ in nil },
        findings: inout Findings
    ) -> ApplianceSettings {
        var settings = global
        settings.balancer.hostname = global.hostname
        var channels = LogChannels(global.logs)
        for proxy in proxies {
            if proxy.isFrontend {
                var frontend = frontend(proxy)
                if let channel = channels.channel(proxy.logTargets, global: proxy.logs) {
                    frontend.log.channel = channel
                } else {
                    findings.error(
                        at: proxy.name,
                        "at most \(LogChannels.limit) sections have log targets of their own"
                    )
                }
                settings.balancer.frontends.append(frontend)
            }
            if proxy.isBackend { settings.balancer.backends.append(backend(proxy)) }
            settings.balancer.order.append(proxy.name.text)
        }
        settings.control.pages = pages.map { page($0, &findings) }
        settings.logs = channels.targets
        if global.logHostname != nil {
            for index in settings.logs.indices where settings.logs[index].format == .local {
                settings.logs[index].format = .rfc3164
            }
        }
        settings.pools = pools.map(pool)
        settings.poolListeners = pools.flatMap(listeners)
        if let draft = queue?.draft {
            settings.spool = draft.spool
            settings.delivery = draft.delivery
            if let limit = draft.defaultConcurrency, !draft.written.contains("smtp_destination_concurrency_limit") {
                settings.delivery.concurrencyLimit = limit
            }
            if let limit = draft.defaultRecipients, !draft.written.contains("smtp_destination_recipient_limit") {
                settings.delivery.recipientLimit = limit
            }
        } else {
            settings.delivery.hostname = global.hostname
        }
        RuleAssembly.apply(proxies, environment: environment, to: &settings.balancer, &findings)
        References(assembly: self).check(&findings)
        MailAdvice(assembly: self).give(&findings)
        return settings
    }

    private func frontend(_ proxy: ProxyDraft) -> FrontendSettings {
        var settings = proxy.frontend
        settings.name = proxy.name.text
        settings.maximumConnections = proxy.maximumConnections
        for limit in proxy.binds.compactMap(\.maximumConnections) where limit > 0 {
            let current = settings.maximumConnections
            settings.maximumConnections = current == 0 ? limit : min(current, limit)
        }
        settings.logs = proxy.logs || !proxy.logTargets.isEmpty
        settings.disabled = proxy.disabled
        settings.defaultBackend = proxy.defaultBackend?.text ?? (proxy.kind == .listen ? proxy.name.text : nil)
        settings.binds = proxy.binds.flatMap { bind in
            bind.addresses.map { address in
                var one = bind.settings
                one.address = address.endpoint
                one.acceptProxy = bind.acceptProxy
                one.headerTimeout = proxy.handshakeTimeout ?? one.headerTimeout
                if !bind.hasBacklog, let backlog = proxy.backlog { one.backlog = backlog }
                return one
            }
        }
        return settings
    }

    private func backend(_ proxy: ProxyDraft) -> BackendSettings {
        var settings = proxy.backend
        settings.name = proxy.name.text
        settings.servers = proxy.servers.map { server in
            var one = server.settings
            // A section that is off as a whole offers no server.
            if proxy.disabled { one.disabled = true }
            return one
        }
        return settings
    }

    private func pool(_ draft: PoolDraft) -> PoolSettings {
        var settings = draft.settings
        // why: Postfix's default, without which a pool's own networks would have to wait for their greeting.
        if settings.screening.isEnabled, !draft.written.contains("postscreen_access_list") {
            settings.accessList = [.permitNetworks]
        }
        settings.tls.files = draft.tls.files.map(\.text)
        for limit in draft.binds.compactMap(\.maximumConnections) where limit > 0 {
            settings.sessionLimit = min(settings.sessionLimit, limit)
        }
        return settings
    }

    private func listeners(_ draft: PoolDraft) -> [PoolListener] {
        draft.binds.flatMap { bind in
            bind.addresses.map { address in
                var one = BindSettings(address: address.endpoint)
                one.acceptProxy = bind.acceptProxy
                one.proxyFrom = bind.settings.proxyFrom
                one.acceptsIPv4 = bind.settings.acceptsIPv4
                one.headerTimeout = draft.headerTimeout ?? one.headerTimeout
                one.backlog = bind.settings.backlog
                return PoolListener(pool: draft.name.text, bind: one)
            }
        }
    }
}
