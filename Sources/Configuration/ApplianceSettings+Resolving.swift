// SPDX-License-Identifier: Apache-2.0

package import Resolving

extension ApplianceSettings {
    /// What the process's resolver is told: the configured name servers, or those of the host.
    package var resolving: ResolverSettings {
        var settings = ResolverSettings()
        settings.nameservers = nameservers.map { server in
            let address = server.address.contains(":") ? "[\(server.address)]" : server.address
            return "\(address):\(server.port)"
        }
        return settings
    }
}
