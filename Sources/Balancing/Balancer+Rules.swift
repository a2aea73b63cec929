// SPDX-License-Identifier: Apache-2.0

// What operators see and change of rules (HAProxy management guide 9.3).
extension Balancer {
    /// Stick tables in the order of the file.
    package var tables: [StickTable] { state.withLock { $0.rules?.tables ?? [] } }

    /// The address lists of acls, by number.
    package var addressLists: [AddressList] { state.withLock { $0.rules?.lists ?? [] } }
}
