// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import ProxyProtocol
import SMTP
import TLS

/// One check for people to read: the dialogue with a server line by line, and what it means.
package enum PeerProbe {
    /// - Parameters:
    ///   - proxyVersion: 1 or 2 for a PROXY header, nil for none.
    ///   - hello: the command that says who is calling: `EHLO relay.example.net`.
    ///   - timeout: milliseconds for the connection, and again for the dialogue.
    ///   - startsTLS: whether the dialogue goes on encrypted after STARTTLS.
    ///   - now: the wall clock, milliseconds since 1970, for the age of a certificate.
    ///   - say: takes one line of output, in order.
    /// - Returns: whether the server is healthy.
    package static func run(
        host: String,
        port: Int,
        proxyVersion: Int?,
        hello: String,
        timeout: Int,
        startsTLS: Bool = false,
        now: @escaping @Sendable () -> Int64 = { 0 },
        say: @escaping @Sendable (String) -> Void
    ) async throws -> Bool {
        var server = ServerSettings(name: "probe", target: .tcp(host: host, port: port))
        server.sendProxy = proxyVersion.flatMap { ProxyHeaderVersion(rawValue: $0) }
        server.checkInterval = timeout
        var backend = BackendSettings(name: "probe")
        backend.checkMethod = .smtp(hello: hello)
        backend.checkTimeout = timeout
        backend.checksStartTLS = startsTLS
        let began = NIODeadline.now()
        let trace = CheckTrace(
            sent: { bytes in show(bytes, "->", since: began, say) },
            received: { bytes in show(bytes, "<-", since: began, say) },
            encrypted: { facts, certificate in
                let lines = ["\(facts)"] + (certificate.map { describe($0, at: now() / 1_000) } ?? [])
                for line in lines { say("\(time(since: began)) ms == \(line)") }
            }
        )
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let result = try await ServerProbe.run(CheckPlan(server, in: backend), on: loop, trace: trace).get()
        let code = result.replyCode == 0 ? "" : " \(result.replyCode)"
        let info = result.info.isEmpty ? "" : ": \(result.info)"
        let verdict = result.passed ? "healthy" : "not healthy"
        say("\(verdict): \(result.status.code) (\(result.status.reason))\(code)\(info), \(result.duration ?? 0) ms")
        if let diagnosis = result.diagnosis { say("\(host):\(port) \(diagnosis.advice)") }
        return result.passed
    }

    private static func show(
        _ bytes: ByteBuffer,
        _ arrow: String,
        since began: NIODeadline,
        _ say: @Sendable (String) -> Void
    ) {
        let time = time(since: began)
        for line in lines(bytes.readableBytesView) { say("\(time) ms \(arrow) \(line)") }
    }

    private static func time(since began: NIODeadline) -> String {
        let milliseconds = String(CheckPlan.milliseconds(since: began))
        return String(repeating: " ", count: max(0, 6 - milliseconds.count)) + milliseconds
    }

    /// Whose certificate it is and how long it counts; nobody has checked who signed it.
    private static func describe(_ certificate: CertificateFacts, at now: Int64) -> [String] {
        let names = certificate.names.isEmpty ? "" : ", for \(certificate.names.joined(separator: " "))"
        let end = InternetDate(milliseconds: certificate.notAfter * 1_000)
        let days = (certificate.notAfter - now) / 86_400
        let left =
            now < certificate.notBefore
            ? "not valid yet" : now > certificate.notAfter ? "expired" : "\(days) days left"
        return ["certificate CN=\(certificate.commonName)\(names)", "expires \(end), \(left)"]
    }

    /// The lines of text, without their ends; a header of version 2 is shown as what it is, and a byte that is not
    /// printable as `\x00`.
    private static func lines(_ bytes: ByteBufferView) -> [String] {
        if bytes.starts(with: [0x0D, 0x0A, 0x0D, 0x0A, 0x00]) {
            return ["PROXY version 2, LOCAL (\(bytes.count) bytes)"]
        }
        return bytes.split(separator: 0x0A).map { line in
            let text = line.last == 0x0D ? line.dropLast() : line
            return text.map { byte in
                guard !(0x20..<0x7F).contains(byte) else { return String(UnicodeScalar(byte)) }
                return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
    }
}
