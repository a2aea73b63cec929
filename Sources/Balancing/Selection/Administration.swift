// SPDX-License-Identifier: Apache-2.0

/// What configuration and operators decided about a server, with the bits of HAProxy's `srv_admin_state`.
struct Administration: OptionSet, Sendable {
    let rawValue: Int

    /// An operator put it into maintenance, or it began `disabled`.
    static let forcedMaintenance = Administration(rawValue: 0x01)
    /// The configuration says `disabled`: a reminder, which does not stop the server by itself.
    static let configuredMaintenance = Administration(rawValue: 0x04)
    /// An operator wants no new sessions on it.
    static let forcedDrain = Administration(rawValue: 0x08)
}
