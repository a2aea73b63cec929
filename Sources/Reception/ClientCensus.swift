// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Synchronization

/// How many sessions each client holds at the moment (Postfix: anvil), IPv6 clients by their /84 as Postfix counts them.
final class ClientCensus: Sendable {
    private let counts = Mutex<[IPAddress: Int]>([:])

    /// One more session of the client; false, and not counted, when it holds `limit` already.
    func enter(_ client: IPAddress, limit: Int) -> Bool {
        let key = ClientCensus.key(client)
        return counts.withLock { counts in
            let count = counts[key, default: 0]
            guard count < limit else { return false }
            counts[key] = count + 1
            return true
        }
    }

    /// One session less.
    func leave(_ client: IPAddress) {
        let key = ClientCensus.key(client)
        counts.withLock { counts in
            guard let count = counts[key] else { return }
            counts[key] = count > 1 ? count - 1 : nil
        }
    }

    private static func key(_ client: IPAddress) -> IPAddress {
        client.isIPv4 ? client : client.masked(to: 84)
    }
}
