// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol
import Synchronization

/// Owns a list of networks that conditions look into and operators change (`add acl`, `del acl`, `clear acl`).
package final class AddressList: Sendable {
    package let file: String?
    package let usage: String
    private let networks: Mutex<AddressSet>

    package init(_ settings: AddressListSettings) {
        file = settings.file
        usage = settings.usage
        networks = Mutex(AddressSet(settings.ranges))
    }

    package var ranges: [AddressRange] { networks.withLock { $0.ranges } }
    package var count: Int { networks.withLock { $0.count } }

    package func contains(_ address: IPAddress) -> Bool { networks.withLock { $0.contains(address) } }

    /// False where the list is full.
    package func insert(_ range: AddressRange) -> Bool {
        networks.withLock { set in
            guard set.count < RuleLimits.listEntries else { return false }
            set.insert(range)
            return true
        }
    }

    /// False where the network is not listed.
    package func remove(_ range: AddressRange) -> Bool { networks.withLock { $0.remove(range) } }

    package func removeAll() { networks.withLock { $0.removeAll() } }
}
