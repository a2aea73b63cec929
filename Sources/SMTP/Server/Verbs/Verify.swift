// SPDX-License-Identifier: Apache-2.0

/// VRFY (RFC 5321 sections 3.5.3 and 4.1.1.6): never tells whether an address exists.
extension SessionMachine {
    mutating func verify(_ argument: Substring) -> Action {
        guard !limits.disablesVerify else { return refuse(.verifySwitchedOff, for: .vrfy) }
        let bare = argument.hasPrefix("<") && argument.hasSuffix(">") ? argument.dropFirst().dropLast() : argument
        guard !bare.isEmpty else { return refuse(.syntax("VRFY address"), for: .vrfy) }
        guard Mailbox(bare) != nil else { return refuse(.badRecipient, for: .vrfy) }
        return accept(.verified(bare), for: .vrfy)
    }
}
