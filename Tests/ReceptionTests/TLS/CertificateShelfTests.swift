// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Reception
import Support
import Synchronization
import Testing

/// The certificate of a pool while it changes.
struct CertificateShelfTests {
    /// A reload names other files: until they are read, clients get what there was.
    @Test func aClientDuringAReloadIsOfferedEncryption() throws {
        let tables = ScriptedFiles()
        for name in ["old", "new"] {
            tables.write(TestCertificate.relayKey, to: "/\(name)/key.pem")
            tables.write(TestCertificate.relay, to: "/\(name)/certificate.pem")
        }
        let session = try TestSession(
            [
                (name: "smtpd_tls_security_level", value: "may"),
                (name: "smtpd_tls_chain_files", value: "/old/key.pem /old/certificate.pem"),
            ],
            tables: tables
        )
        let bound = NIOLoopBound(session, eventLoop: session.loop)
        let offered = Mutex("")
        tables.whenRead("/new/certificate.pem") {
            guard let other = try? TestSession(beside: bound.value) else { return }
            try? other.send("EHLO client\r\n")
            while let bytes = try? other.channel.readOutbound(as: ByteBuffer.self) {
                offered.withLock { $0 += String(buffer: bytes) }
            }
            try? other.finish()
        }
        var settings = PoolSettings(name: "test")
        settings.hostname = "relay.example.net"
        settings.tls.level = .may
        settings.tls.files = ["/new/key.pem", "/new/certificate.pem"]
        session.receiver.reload(settings)
        #expect(offered.withLock { $0 }.contains("250-STARTTLS\r\n"))
        try session.finish()
    }
}
