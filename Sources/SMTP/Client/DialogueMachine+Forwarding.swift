// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// XFORWARD: a server that offers it is told whom the message is from, in front of MAIL (Postfix: XFORWARD_README).
extension DialogueMachine {
    /// Writes the commands that go in front of MAIL; true when the server is to answer the first of them before anything else.
    func beginPrelude(of exchange: inout Exchange, into buffer: inout ByteBuffer) -> Bool {
        guard let client = exchange.transaction.client, !extensions.forwarding.isEmpty else { return false }
        exchange.prelude = client.commands(attributes: extensions.forwarding)
        for command in exchange.prelude {
            buffer.writeString(command + "\r\n")
            if !exchange.isPipelined { return true }
        }
        return false
    }

    /// Postfix goes on as well where XFORWARD is refused: it is for the server's log only.
    mutating func preludeAnswered(_ exchange: Exchange) -> Action {
        var exchange = exchange
        exchange.prelude.removeFirst()
        state = .envelope(exchange)
        if exchange.isPipelined { return .none }
        var buffer = ByteBuffer()
        if let next = exchange.prelude.first {
            buffer.writeString(next + "\r\n")
        } else {
            exchange.transaction.writeMail(to: extensions, into: &buffer)
        }
        return .write(buffer)
    }
}
