// SPDX-License-Identifier: Apache-2.0

/// HELO and EHLO (RFC 5321 section 4.1.1.1): the client says who it is, and any open transaction ends.
extension SessionMachine {
    /// Bytes of a HELO name at most; longer ones are a syntax error (RFC 5321 4.5.3.1.2 allows 255 for a domain).
    private static let nameLimit = 255
    /// What could be taken for the end of a name in a log line or a trace header (Postfix: NEUTER_CHARACTERS).
    private static let delimiters = Array("<>()\\\";@".utf8)

    mutating func hello(_ argument: Substring, extended: Bool) -> Action {
        let verb: Verb = extended ? .ehlo : .helo
        let isName = argument.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard !argument.isEmpty, isName, argument.utf8.count <= SessionMachine.nameLimit else {
            return refuse(.syntax(extended ? "EHLO hostname" : "HELO hostname"), for: verb)
        }
        let harmless = argument.utf8.map { SessionMachine.delimiters.contains($0) ? UInt8(ascii: "?") : $0 }
        let introduction = Hello(name: String(decoding: harmless, as: UTF8.self), isExtended: extended)
        if case .open(let transaction) = state {
            state = .judgingHello(introduction, transaction)
        } else {
            state = .judgingHello(introduction, nil)
        }
        return .judgeHello(introduction)
    }

    /// The policy has answered: nil accepts the name, a reply refuses it, and all stays as it was.
    package mutating func helloJudged(_ refusal: Reply?) -> Action {
        guard case .judgingHello(let introduction, let transaction) = state else { return .none }
        if let refusal {
            state = transaction.map { .open($0) } ?? .ready
            return refuse(refusal, for: introduction.isExtended ? .ehlo : .helo)
        }
        state = .ready
        forwarded = nil
        hello = introduction
        guard introduction.isExtended else { return accept(Reply(250, nil, limits.hostname), for: .helo) }
        var lines = [limits.hostname]
        if limits.offersPipelining { lines.append("PIPELINING") }
        lines.append(limits.messageSize > 0 ? "SIZE \(limits.messageSize)" : "SIZE")
        if encryption.isOffered { lines.append("STARTTLS") }
        lines += ["ENHANCEDSTATUSCODES", "8BITMIME"]
        if isForwarder { lines.append("XFORWARD \(ForwardedClient.attributes)") }
        return accept(Reply(250, nil, lines: lines), for: .ehlo)
    }
}
