// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import Systemd

extension InheritedDescriptors {
    /// The passed socket that a `bind` line means: by its name, or because it is bound to the line's address.
    func descriptor(for address: BindSettings.Address) -> Int32? {
        switch address {
        case .ip(let host, let port): descriptor(boundTo: host, port: port)
        case .unix(let path): descriptor(boundToPath: path)
        case .systemd(let name): descriptor(named: name).first
        }
    }

    /// The passed socket that a `stats socket` line means.
    func descriptor(for address: StatsSocketSettings.Address) -> Int32? {
        switch address {
        case .ip(let host, let port): descriptor(boundTo: host, port: port)
        case .unix(let path): descriptor(boundToPath: path)
        case .systemd(let name): descriptor(named: name).first
        }
    }
}
