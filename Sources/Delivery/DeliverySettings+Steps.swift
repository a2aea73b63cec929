// SPDX-License-Identifier: Apache-2.0

import SMTP

extension DeliverySettings {
    /// How long the server may take at a step, in milliseconds (RFC 5321 section 4.5.3.2; Postfix: `smtp_*_timeout`).
    func timeout(at step: DialogueStep) -> Int {
        switch step {
        case .greeting: greetingTimeout
        case .ehlo, .helo: helloTimeout
        case .startTLS: tls.handshakeTimeout
        case .mail: mailTimeout
        case .recipient: recipientTimeout
        case .data: dataInitTimeout
        case .body: dataTransferTimeout
        case .endOfData: dataDoneTimeout
        case .reset: resetTimeout
        case .quit: min(quitTimeout, DeliverySettings.longestQuit)
        }
    }

    /// why: a connection that says good-bye still counts against the destination, so it may not linger for minutes.
    private static let longestQuit = 5_000

    /// How long a message may wait before it is given up.
    func lifetime(isReport: Bool) -> Int {
        isReport ? reportLifetime : lifetime
    }
}
