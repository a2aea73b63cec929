// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol
import Synchronization

/// Owns a list of networks that conditions look into and operators change (`add acl`, `del acl`, `clear acl`).
package final class AddressList: Sendable {
    /// The path that `-f` names, by which `show acl` and `add acl` find it; nil: the list of an acl's own.
    package let file: String?
    /// What uses it, for `show acl`.
    package let usage: String
    private let networks: Mutex<AddressSet>

    /// A list of what the configuration holds; a reload makes it anew, without what operators added.
    package init(_ settings: AddressListSettings) {
        file = settings.file
        usage = settings.usage
        networks = Mutex(AddressSet(settings.ranges))
    }

    /// Every network in the order in which they came: a copy, for `show acl`.
    package var ranges: [AddressRange] { networks.withLock { $0.ranges } }
    /// Networks in it, `RuleLimits.listEntries` at most.
    package var count: Int { networks.withLock { $0.count } }

    /// Whether one of the networks holds the address. Asked by sessions on every event loop.
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

    /// `clear acl`: nothing matches until something is added.
    package func removeAll() { networks.withLock { $0.removeAll() } }
}
