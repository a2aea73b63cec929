// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns what one section says about another: names that must exist, and addresses that two would listen on.
struct References {
    let assembly: Assembly

    func check(_ findings: inout Findings) {
        for proxy in assembly.proxies {
            checkBackend(of: proxy, &findings)
            checkPools(of: proxy, &findings)
            if proxy.kind == .frontend, proxy.binds.isEmpty, !proxy.written.contains("bind") {
                findings.warn(at: proxy.name, "\(proxy.title) has no 'bind' line: no client can reach it")
            }
            if proxy.kind == .backend, proxy.servers.isEmpty, proxy.rules.table == nil,
                !proxy.written.contains("server")
            {
                findings.warn(at: proxy.name, "\(proxy.title) has no server: no client can be served")
            }
        }
        checkPools(&findings)
        checkQueue(&findings)
        checkFilters(&findings)
        checkAddresses(&findings)
        if assembly.proxies.isEmpty, assembly.pages.isEmpty, assembly.pools.isEmpty, assembly.queue == nil,
            assembly.leftOut.isEmpty,
            !findings.all.contains(where: { $0.level == .error })
        {
            findings.add(
                Finding(line: nil, offset: 0, "the file has no frontend, backend, listen, pool or queue: nothing to do")
            )
        }
    }

    private func checkBackend(of proxy: ProxyDraft, _ findings: inout Findings) {
        guard proxy.isFrontend else { return }
        let backends = assembly.proxies.filter(\.isBackend)
        guard let wanted = proxy.defaultBackend else {
            if proxy.kind == .frontend {
                guard !proxy.written.contains("default_backend") else { return }
                guard !proxy.rules.switches.contains(where: { $0.branching == nil }) else { return }
                findings.warn(at: proxy.name, "\(proxy.title) has no 'default_backend': no client can be served")
            } else if proxy.servers.isEmpty, !proxy.written.contains("server") {
                findings.warn(at: proxy.name, "\(proxy.title) has no server: no client can be served")
            }
            return
        }
        guard !backends.contains(where: { $0.name.text == wanted.text }) else { return }
        if assembly.leftOut.contains(where: { $0.isBackend && $0.name.text == wanted.text }) {
            findings.error(
                at: wanted,
                "backend \(wanted.shown) is in mode http: there is no HTTP here but the page, metrics and health"
            )
            return
        }
        let hint = NearestWord.hint(for: wanted.text, among: backends.map(\.name.text))
        findings.error(at: wanted, "there is no backend or listen section named \(wanted.shown)\(hint)")
    }

    private func checkPools(of proxy: ProxyDraft, _ findings: inout Findings) {
        let names = assembly.pools.map(\.name.text)
        for server in proxy.servers {
            guard let wanted = server.pool else { continue }
            if !names.contains(wanted.name) {
                let hint = NearestWord.hint(for: wanted.name, among: names)
                findings.error(at: wanted.word, "there is no pool named \(wanted.name.shown)\(hint)")
            }
        }
    }

    private func checkPools(_ findings: inout Findings) {
        let used = Set(assembly.proxies.flatMap(\.servers).compactMap { $0.pool?.name })
        for pool in assembly.pools {
            if assembly.queue == nil {
                findings.error(at: pool.name, "pool \(pool.name.shown) needs a 'queue' section, which stores its mail")
            }
            if pool.binds.isEmpty, !used.contains(pool.name.text), !pool.written.contains("bind") {
                findings.warn(
                    at: pool.name,
                    "nothing leads to pool \(pool.name.shown): it has no 'bind' line, and no server is 'pool@\(pool.name.text)'"
                )
            }
            let restrictions = pool.settings.restrictions
            if !(restrictions.relay + restrictions.recipient).contains(where: \.preventsRelaying) {
                findings.error(
                    at: pool.name,
                    "neither smtpd_relay_restrictions nor smtpd_recipient_restrictions of pool \(pool.name.shown) has "
                        + "reject_unauth_destination, defer_unauth_destination, reject, defer or defer_if_permit: "
                        + "it would be an open relay"
                )
            }
            if pool.settings.softErrorLimit > pool.settings.hardErrorLimit {
                findings.warn(at: pool.name, "smtpd_soft_error_limit is above smtpd_hard_error_limit and has no effect")
            }
        }
    }

    private func checkQueue(_ findings: inout Findings) {
        guard let (keyword, draft) = assembly.queue else { return }
        if draft.delivery.routing.defersEverything {
            findings.warn(at: keyword, "defer_transports is set: mail is accepted and waits, nothing is delivered")
        }
        if draft.delivery.minimalBackoff > draft.delivery.maximalBackoff {
            findings.error(at: keyword, "minimal_backoff_time is longer than maximal_backoff_time")
        }
        if draft.spool.inlineLimit > draft.spool.stagingThreshold {
            findings.error(at: keyword, "spool_inline_limit is above spool_staging_threshold")
        }
        if draft.spool.stagingThreshold > draft.spool.memoryBudget {
            findings.error(at: keyword, "spool_staging_threshold is above spool_memory_limit")
        }
    }

    /// Two listeners on one address would share its connections at random.
    private func checkAddresses(_ findings: inout Findings) {
        var taken: [String: (title: String, line: Int)] = [:]
        let lines =
            (assembly.proxies + assembly.pages).filter { $0.isFrontend && !$0.disabled }.flatMap { proxy in
                proxy.binds.map { ($0, proxy.title) }
            } + assembly.pools.flatMap { pool in pool.binds.map { ($0, "pool \(pool.name.shown)") } }
        for (bind, title) in lines {
            for address in bind.addresses {
                let key: String
                switch address.endpoint {
                case .ip(_, 0): continue
                case .ip(let host, let port): key = "\(host) \(port)"
                case .unix(let path): key = path
                case .systemd(let name): key = "systemd@\(name)"
                }
                if let other = taken[key] {
                    let text =
                        "\(address.word.shown) is already listened on by \(other.title) in line \(other.line + 1)"
                    findings.error(at: address.word, text)
                } else {
                    taken[key] = (title, address.word.line)
                }
            }
        }
    }
}
