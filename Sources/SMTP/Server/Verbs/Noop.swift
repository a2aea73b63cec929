// SPDX-License-Identifier: Apache-2.0

/// NOOP (RFC 5321 section 4.1.1.9): does nothing, whatever its argument.
extension SessionMachine {
    mutating func noop() -> Action {
        accept(.ok, for: .noop)
    }
}
