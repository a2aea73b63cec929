// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol

extension ProxyHeader {
    /// The balancer's session number, when the header carries one as eight bytes in its unique id; else 0.
    var sessionID: UInt64 {
        guard let id = values.first(where: { $0.type == ProxyHeader.uniqueIDType })?.value, id.count == 8 else {
            return 0
        }
        return id.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
