// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP

/// What the client sends, piece by piece, for as long as nothing blocks the session.
extension SessionHandler {
    /// Reads the header that the balancer vouches for, and greets.
    func begin(with header: ByteBuffer) {
        var decoder = ProxyHeaderDecoder()
        var bytes = header
        switch decoder.decode(&bytes) {
        case .header(let value):
            isIdentified = true
            identified(by: value)
        case .invalid(let error):
            refuseHeader("\(error)")
        case .needMore:
            refuseHeader("truncated")
        }
        if bytes.readableBytes > 0 { input.writeBuffer(&bytes) }
        process()
    }

    func process() {
        guard !isProcessing, context != nil else { return }
        isProcessing = true
        while !isClosing, !isBlocked, step() {}
        isProcessing = false
        flush()
        endIfAsked()
        if inputEnded, !isClosing, !isBlocked { context?.close(promise: nil) }
        if holdsRead, isClosing || !isBlocked {
            holdsRead = false
            context?.read()
        }
    }

    /// Takes the next piece of input; false when there is none.
    private func step() -> Bool {
        if machine.isReceiving { return readBody() }
        guard input.readableBytes > 0 else {
            lineDeadline = .distantFuture
            return false
        }
        switch scanner.next(in: &input) {
        case .line(let line, let bare):
            if bare { pool.statistics.bareNewlines.add() }
            received(line, bare: bare)
        case .garbage:
            received("\u{0}", bare: false)
        case .tooLong:
            pool.statistics.overlongCommands.add()
            if cutsOverlongLine(after: lastVerb) { return true }
            lastVerb = "UNKNOWN"
            perform(machine.lineTooLong())
        case .stillTooLong:
            perform(machine.lineContinues())
        case .needMore:
            if lineDeadline == .distantFuture {
                lineDeadline = now + .milliseconds(Int64(pool.settings.commandDeadline))
            }
            return false
        }
        return true
    }

    private func received(_ line: String, bare: Bool) {
        lineDeadline = .distantFuture
        let word = line.utf8.prefix { $0 != UInt8(ascii: " ") }
        let verb = lastVerb
        let isWord = (1...8).contains(word.count) && word.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) }
        lastVerb = isWord ? String(Substring(word)).uppercased() : "UNKNOWN"
        if screening != nil, !passesScreening(line, bare: bare, after: verb) { return }
        let action = machine.received(line: line[...], hasBareNewline: bare, hasMoreInput: input.readableBytes > 0)
        if machine.isClosed, action == .replyAndClose(.notSMTP) {
            log.warn("non-SMTP command from \(client.logName): \(PeerText.quoted(ByteBuffer(string: line)))")
        }
        perform(action)
    }

    private func refuseHeader(_ reason: String) {
        pool.statistics.headerErrors.add()
        log.badHeader(reason)
        perform(machine.turnedAway(with: .noProxyHeader(at: pool.settings.hostname)))
    }

    private func identified(by header: ProxyHeader) {
        client = ClientIdentity(header)
        session = header.sessionID
        isTrusted = pool.policy.trusts(client)
        noteForwarder()
        screen()
        findClientName { [self] in admitOrTurnAway() }
    }

    private func admitOrTurnAway() {
        if !isDenied { log.connected() }
        if denial == .drop {
            pool.statistics.turnedAway.add()
            perform(machine.turnedAway(with: .serviceUnavailable(521)))
        } else {
            greet()
        }
    }

    /// A client that passed screening before its greeting.
    func admitAndGreet() {
        postpone()
        findClientName { [self] in
            log.connected()
            greet()
        }
    }

    private func greet() {
        if let refusal = lackOfRoom() {
            perform(machine.turnedAway(with: refusal))
        } else {
            judge(.connection)
        }
    }

    /// What the client is turned away with when there is no room for it.
    func lackOfRoom() -> Reply? {
        if pool.statistics.sessions.current > pool.settings.sessionLimit {
            pool.statistics.turnedAway.add()
            log.warn(
                "all \(pool.settings.sessionLimit) sessions of the pool are taken: \(client.logName) is turned away"
            )
            return .allPortsBusy(at: pool.settings.hostname)
        }
        guard admit() else {
            pool.statistics.turnedAway.add()
            let limit = pool.settings.clientConnectionLimit
            log.warn("Connection concurrency limit exceeded: \(limit) from \(client.logName) for service smtp")
            return .tooManyConnections(from: client.addressText, at: pool.settings.hostname)
        }
        return nil
    }

    /// Counts the client's sessions.
    private func admit() -> Bool {
        guard pool.settings.clientConnectionLimit > 0, !isExempt, let address = client.address else { return true }
        isCounted = pool.clients.enter(address, limit: pool.settings.clientConnectionLimit)
        return isCounted
    }
}
