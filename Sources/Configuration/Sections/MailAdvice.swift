// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns the warnings about configurations that are valid and lose mail, hang, or trust the wrong peers.
struct MailAdvice {
    let assembly: Assembly

    /// RFC 5321 section 4.5.3.2.7: a server waits five minutes for the next command, and a client as long for most replies.
    private static let patience = 300_000
    private static let mailPorts: Set<Int> = [25, 465, 587, 2525]

    func give(_ findings: inout Findings) {
        for proxy in assembly.proxies {
            timeouts(of: proxy, &findings)
            for bind in proxy.binds where proxy.isFrontend {
                claims(bind, of: pools(behind: proxy), who: proxy.title, &findings)
            }
        }
        for pool in assembly.pools {
            for bind in pool.binds { claims(bind, of: [pool], who: "pool \(pool.name.shown)", &findings) }
        }
        if assembly.global.logs.isEmpty, !assembly.written.contains("log"),
            let first = assembly.pools.first?.name ?? assembly.queue?.keyword
        {
            findings.warn(at: first, "no 'log' line in section 'global': nothing is logged")
        }
    }

    // MARK: - Time

    private func timeouts(of proxy: ProxyDraft, _ findings: inout Findings) {
        if proxy.isFrontend, !proxy.disabled {
            // A pool ends silent sessions by itself (smtpd_timeout).
            if isMissing("timeout client", proxy.frontend.clientTimeout, of: proxy), !isPoolsOnly(backend(of: proxy)) {
                findings.warn(at: proxy.name, missing("timeout client", of: proxy, "a silent client stays for ever"))
            }
            if let time = proxy.frontend.clientTimeout, speaksSMTP(frontend: proxy) {
                short(
                    time,
                    "timeout client",
                    of: proxy,
                    "a client that takes its time is cut, and sends again later",
                    &findings
                )
            }
        }
        guard proxy.isBackend, proxy.servers.contains(where: { $0.pool == nil }) else { return }
        if isMissing("timeout connect", proxy.backend.connectTimeout, of: proxy) {
            let consequence = "a server that does not answer holds its clients for ever"
            findings.warn(at: proxy.name, missing("timeout connect", of: proxy, consequence))
        }
        if isMissing("timeout server", proxy.backend.serverTimeout, of: proxy) {
            findings.warn(
                at: proxy.name,
                missing("timeout server", of: proxy, "a silent server holds its clients for ever")
            )
        }
        if let time = proxy.backend.serverTimeout, speaksSMTP(backend: proxy) {
            let consequence = "a server still busy with a message then is cut, and the client sends the message twice"
            short(time, "timeout server", of: proxy, consequence, &findings)
        }
    }

    /// Whether there is no timeout, by leaving it out or by 0; one that is wrong was an error already.
    private func isMissing(_ name: String, _ time: Int?, of proxy: ProxyDraft) -> Bool {
        time == nil && (!proxy.written.contains(name) || proxy.given[name] != nil)
    }

    private func missing(_ name: String, of proxy: ProxyDraft, _ consequence: String) -> String {
        "\(proxy.title) has no '\(name)': \(consequence)"
    }

    private func short(
        _ time: Int,
        _ name: String,
        of proxy: ProxyDraft,
        _ consequence: String,
        _ findings: inout Findings
    ) {
        guard time < MailAdvice.patience, let place = proxy.given[name] else { return }
        findings.warn(
            at: place,
            "'\(name)' of \(Quantity.time(time)) is shorter than SMTP's 5m (RFC 5321 4.5.3.2): \(consequence)"
        )
    }

    private func backend(of proxy: ProxyDraft) -> ProxyDraft? {
        guard let name = proxy.defaultBackend?.text else { return proxy.kind == .listen ? proxy : nil }
        return assembly.proxies.first { $0.isBackend && $0.name.text == name }
    }

    private func isPoolsOnly(_ backend: ProxyDraft?) -> Bool {
        guard let backend, !backend.servers.isEmpty else { return false }
        return backend.servers.allSatisfy { $0.pool != nil }
    }

    /// Whether clients of the frontend speak SMTP: by its ports, or by its backend.
    private func speaksSMTP(frontend proxy: ProxyDraft) -> Bool {
        let ports = proxy.binds.flatMap(\.addresses).compactMap { address -> Int? in
            guard case .ip(_, let port) = address.endpoint else { return nil }
            return port
        }
        if ports.contains(where: MailAdvice.mailPorts.contains) { return proxy.backend.speaksSMTP ?? true }
        return backend(of: proxy).map(isMarkedSMTP) ?? false
    }

    private func speaksSMTP(backend proxy: ProxyDraft) -> Bool {
        isMarkedSMTP(proxy)
            || assembly.proxies.contains { frontend in
                frontend.isFrontend && backend(of: frontend)?.name == proxy.name && speaksSMTP(frontend: frontend)
            }
    }

    private func isMarkedSMTP(_ backend: ProxyDraft) -> Bool {
        backend.backend.speaksSMTP ?? backend.servers.contains { $0.pool != nil }
    }

    // MARK: - Trust

    private func pools(behind proxy: ProxyDraft) -> [PoolDraft] {
        let names = Set(backend(of: proxy)?.servers.compactMap { $0.pool?.name } ?? [])
        return assembly.pools.filter { names.contains($0.name.text) }
    }

    /// A header that anybody may send lets anybody be anybody.
    private func claims(_ bind: BindDraft, of pools: [PoolDraft], who: String, _ findings: inout Findings) {
        guard bind.acceptProxy, bind.proxyFrom == nil else { return }
        guard let address = bind.addresses.first(where: { !$0.isLoopback }) else { return }
        let networks = pools.flatMap(\.networks).map(\.text)
        let shown = networks.prefix(8).joined(separator: " ") + (networks.count > 8 ? " ..." : "")
        let gain = networks.isEmpty ? "" : ", also one of mynetworks (\(shown)), which may send mail to everywhere"
        let unless: String
        if case .systemd = address.endpoint {
            unless = " unless systemd opens it for this host only"
        } else {
            unless = ""
        }
        findings.warn(
            at: bind.keyword,
            "'accept-proxy' without 'proxy-from' in \(who): whoever reaches \(address.word.shown) can claim any client"
                + " address\(gain)\(unless); add 'proxy-from NETWORK' with the balancers' addresses"
        )
    }
}
