// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One connection to a `ScriptedPeer`.
final class ScriptedPeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: ScriptedPeer
    private var input = ByteBuffer()
    private var sender: String?
    private var recipients: [String] = []
    private var isReceiving = false
    /// Bytes of a body that hold no final dot.
    private var scanned = 0
    private var isHanging = false
    /// Whether it counts as a connection no more.
    private var isOver = false
    /// Whether the next bytes are of a handshake.
    private var isHandshaking = false

    init(_ peer: ScriptedPeer) {
        self.peer = peer
    }

    func channelActive(context: ChannelHandlerContext) {
        peer.record.withLock { record in
            record.connections += 1
            record.open += 1
            record.mostOpen = max(record.mostOpen, record.open)
            record.children.append(context.channel)
        }
        act(.greeting, "", otherwise: "220 peer.example ESMTP", context) {}
    }

    func channelInactive(context: ChannelHandlerContext) {
        isHanging = true
        countOut()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        if isHandshaking { return perform(.replyAndClose("no handshake here"), context) }
        while !isHanging, isReceiving ? takeBody(context) : takeCommand(context) {}
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func takeCommand(_ context: ChannelHandlerContext) -> Bool {
        guard let index = input.readableBytesView.firstIndex(of: 0x0A) else { return false }
        let line = input.readString(length: index - input.readerIndex + 1) ?? ""
        // why: CRLF is one Character.
        let command = String(line.dropLast())
        peer.record.withLock { $0.commands.append(command) }
        switch command.prefix(4).uppercased() {
        case "EHLO":
            let lines = ["peer.example"] + peer.extensions
            let reply = lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)" }
            act(.ehlo, command, otherwise: reply.joined(separator: "\r\n"), context) {}
        case "HELO": act(.helo, command, otherwise: "250 peer.example", context) {}
        case "STAR":
            // why: it can only begin what it has no key for; the first bytes of the handshake are answered with rubbish.
            act(.startTLS, command, otherwise: "502 5.5.1 not here", context) { self.isHandshaking = true }
        case "MAIL":
            act(.mail, command, otherwise: "250 2.1.0 Ok", context) { self.sender = ScriptedPeerHandler.path(command) }
        case "RCPT":
            let isOpen = sender != nil
            act(.recipient, command, otherwise: isOpen ? "250 2.1.5 Ok" : "503 5.5.1 need MAIL", context) {
                self.recipients.append(ScriptedPeerHandler.path(command))
            }
        case "DATA":
            let isOpen = !recipients.isEmpty
            act(.data, command, otherwise: isOpen ? "354 go on" : "554 5.5.1 no valid recipients", context) {}
        case "RSET":
            act(.reset, command, otherwise: "250 2.0.0 Ok", context) { self.clear() }
        case "QUIT":
            switch peer.decide(.quit, command) {
            case nil:
                perform(.replyAndClose("221 2.0.0 Bye"), context)
            case .some(let behaviour): perform(behaviour, context)
            }
        default: say("502 5.5.2 Error: command not recognized\r\n", context)
        }
        return true
    }

    private func takeBody(_ context: ChannelHandlerContext) -> Bool {
        guard let length = bodyLength(), let body = input.readString(length: length) else { return false }
        input.moveReaderIndex(forwardBy: 3)
        isReceiving = false
        scanned = 0
        let message = ScriptedPeer.Message(sender: sender ?? "", recipients: recipients, body: body)
        let reply = recipients.isEmpty ? "554 5.5.1 no recipients" : "250 2.0.0 Ok: queued as 1234"
        act(.endOfData, "", otherwise: reply, context) {
            self.peer.record.withLock { $0.messages.append(message) }
        }
        clear()
        return true
    }

    /// Bytes in front of the final dot, line end included; nil when it is not here yet. Looks at no byte twice.
    private func bodyLength() -> Int? {
        let dot: [UInt8] = [0x2E, 0x0D, 0x0A]
        let bytes = input.readableBytesView
        if scanned == 0, bytes.starts(with: dot) { return 0 }
        var from = bytes.startIndex + scanned
        while let feed = bytes[from...].firstIndex(of: 0x0A) {
            let isCRLF = feed > bytes.startIndex && bytes[feed - 1] == 0x0D
            if isCRLF, bytes[(feed + 1)...].starts(with: dot) { return feed + 1 - bytes.startIndex }
            // why: the bytes after this line end may still be on their way.
            if bytes.endIndex - feed <= dot.count {
                scanned = feed - bytes.startIndex
                return nil
            }
            from = feed + 1
        }
        scanned = bytes.count
        return nil
    }

    private static func path(_ command: String) -> String {
        guard let start = command.firstIndex(of: "<"), let end = command.firstIndex(of: ">") else { return command }
        return String(command[command.index(after: start)..<end])
    }

    private func clear() {
        sender = nil
        recipients = []
    }

    /// Does what the script says, or says `otherwise`; `success` runs when the reply that went out was positive.
    private func act(
        _ step: ScriptedPeer.Step,
        _ line: String,
        otherwise: String,
        _ context: ChannelHandlerContext,
        _ success: () -> Void
    ) {
        let behaviour = peer.decide(step, line) ?? .reply(otherwise)
        if case .reply(let text) = behaviour {
            if text.hasPrefix("2") { success() }
            if text.hasPrefix("354") { isReceiving = true }
        }
        perform(behaviour, context)
    }

    private func perform(_ behaviour: ScriptedPeer.Behaviour, _ context: ChannelHandlerContext) {
        switch behaviour {
        case .reply(let text): say(text + "\r\n", context)
        case .raw(let text): say(text, context)
        case .hang: isHanging = true
        case .close:
            countOut()
            isHanging = true
            context.close(promise: nil)
        case .replyAndClose(let text):
            // why: the client may be back, on another loop, before this one has closed.
            countOut()
            say(text + "\r\n", context)
            isHanging = true
            context.close(promise: nil)
        }
    }

    private func countOut() {
        guard !isOver else { return }
        isOver = true
        peer.record.withLock { $0.open -= 1 }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

extension ScriptedPeer {
    func decide(_ step: Step, _ line: String) -> Behaviour? {
        let occurrence = record.withLock { record in
            record.occurrences[step, default: 0] += 1
            return record.occurrences[step] ?? 0
        }
        return script(step, occurrence, line)
    }
}
