// SPDX-License-Identifier: Apache-2.0

/// HELP (RFC 5321 section 4.1.1.8): lists the commands.
extension SessionMachine {
    mutating func help() -> Action {
        accept(.help, for: .help)
    }
}
