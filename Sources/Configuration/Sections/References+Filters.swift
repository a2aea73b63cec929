// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol
import Reception

/// What the filters of a pool have to do with its other words, and with the pool that takes mail back.
extension References {
    func checkFilters(_ findings: inout Findings) {
        for pool in assembly.pools {
            let filters = pool.settings.filters
            if let word = pool.proxyFilter, !filters.milters.isEmpty {
                findings.error(
                    at: word,
                    "a pool has smtpd_milters or smtpd_proxy_filter: put the milters into the pool that the filter gives mail to"
                )
            }
            if let word = pool.proxyFilter, filters.contentFilter != nil {
                findings.error(
                    at: word,
                    "a pool has content_filter or smtpd_proxy_filter: mail that the filter has taken is not in this pool's queue"
                )
            }
            if let word = pool.proxyFilter, let address = filters.proxyFilter, isOwn(address, of: pool) {
                findings.error(at: word, "\(word.shown) is this pool's own address: mail would go round in circles")
            }
        }
    }

    private func isOwn(_ address: FilterAddress, of pool: PoolDraft) -> Bool {
        pool.binds.flatMap(\.addresses).contains { listening in
            switch (listening.endpoint, address) {
            case (.ip(let host, let port), .ip(let other, let otherPort)): host == other && port == otherPort
            case (.unix(let path), .unix(let other)): path == other
            case (.ip, .unix), (.unix, .ip), (.systemd, _): false
            }
        }
    }
}
