// SPDX-License-Identifier: Apache-2.0

/// RSET (RFC 5321 section 4.1.1.5): forgets the open transaction.
extension SessionMachine {
    mutating func reset(_ argument: Substring) -> Action {
        guard argument.isEmpty else { return refuse(.syntax("RSET"), for: .rset) }
        state = .ready
        forwarded = nil
        return accept(.ok, for: .rset)
    }
}
