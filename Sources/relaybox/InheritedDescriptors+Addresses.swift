// SPDX-License-Identifier: Apache-2.0

import Balancing
import Systemd

extension InheritedDescriptors {
    /// The passed socket that a listener means: by its name, or because it is bound to the listener's address.
    func descriptor(for address: BindSettings.Address) -> Int32? {
        switch address {
        case .ip(let host, let port): descriptor(boundTo: host, port: port)
        case .unix(let path): descriptor(boundToPath: path)
        case .systemd(let name): descriptor(named: name).first
        }
    }
}
