// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Support
import TLS
import Testing

struct TLSConnectionTests {
    @Test(arguments: [1, 2, 7, .max])
    func carriesTextBothWays(piece: Int) throws {
        let pair = try TLSPair(.relay(), piece: piece)
        pair.clientInside.write("EHLO client\r\n")
        try pair.pump()
        pair.serverInside.write("250 relay\r\n")
        try pair.pump()
        #expect(pair.serverInside.text == "EHLO client\r\n")
        #expect(pair.clientInside.text == "250 relay\r\n")
        #expect(pair.clientInside.failures == [] && pair.serverInside.failures == [])
    }

    @Test func knowsWhatWasAgreedUpon() throws {
        let pair = try TLSPair(.relay())
        let facts = try #require(pair.serverInside.facts)
        #expect(facts == pair.clientInside.facts)
        #expect(facts.version == "TLSv1.3")
        #expect(facts.cipher == CipherSuite(0x1301))
        #expect(facts.group == "X25519MLKEM768")
        #expect(
            facts.description
                == "TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519MLKEM768"
        )
        let certificate = try #require(pair.clientInside.connection?.peerCertificate)
        #expect(certificate.commonName == "relay.example.net")
        #expect(certificate.names == ["relay.example.net"])
        #expect(certificate.isValid(at: 1_795_554_678) && !certificate.isValid(at: 0))
        #expect(pair.serverInside.connection?.peerCertificate == nil)
    }

    @Test func speaksOnlyTheVersionsItMay() throws {
        let old = try TLSPair(.relay(protocols: #require(TLSProtocols(words: ["TLSv1.2"]))))
        #expect(
            old.clientInside.facts?.description
                == "TLSv1.2 with cipher ECDHE-ECDSA-AES128-GCM-SHA256 (128/128 bits)"
        )
        var policy = ClientPolicy()
        policy.protocols = try #require(TLSProtocols(words: ["<=TLSv1.1"]))
        let none = try TLSPair(.relay(), policy)
        #expect(none.serverInside.facts == nil && none.clientInside.facts == nil)
        #expect(none.serverInside.failures.first?.kind == .handshake)
        #expect(none.serverInside.failures.first?.detail.contains("UNSUPPORTED_PROTOCOL") == true)
        #expect(none.serverInside.isClosed)
    }

    @Test func refusesACertificateThatNobodySigned() throws {
        var policy = ClientPolicy()
        policy.verification = .name
        let pair = try TLSPair(.relay(), policy)
        #expect(pair.clientInside.facts == nil)
        #expect(pair.clientInside.failures.first?.detail.contains("CERTIFICATE_VERIFY_FAILED") == true)
        #expect(pair.clientInside.failures.first?.explanation.hasPrefix("the certificate is not trusted (") == true)
        #expect(pair.clientInside.isClosed)
    }

    @Test func endsWhenOneSideHasSaidSo() throws {
        let pair = try TLSPair(.relay())
        pair.serverInside.write("221 bye\r\n")
        pair.server.close(promise: nil)
        try pair.pump()
        #expect(pair.clientInside.text == "221 bye\r\n")
        #expect(pair.clientInside.isClosed && pair.serverInside.isClosed)
        #expect(pair.clientInside.failures == [] && pair.serverInside.failures == [])
    }

    @Test func waitsShortlyForAPeerThatDoesNotAnswerTheEnd() throws {
        let pair = try TLSPair(.relay())
        pair.server.close(promise: nil)
        #expect(!pair.serverInside.isClosed)
        pair.server.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(pair.serverInside.isClosed)
    }

    @Test func tellsALostHandshakeFromAWrongOne() throws {
        let identity = try ServerIdentity.relay()
        for (bytes, kind) in [("", TLSFailure.Kind.lost), ("EHLO client\r\n", .handshake)] {
            let channel = EmbeddedChannel()
            let inside = TLSPair.Inside()
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 25)).wait()
            try channel.pipeline.syncOperations.addHandler(inside)
            inside.connection = try TLSConnection.start(identity, before: #require(inside.context))
            if bytes.isEmpty {
                channel.pipeline.fireChannelInactive()
            } else {
                _ = try? channel.writeInbound(ByteBuffer(string: bytes))
            }
            #expect(inside.failures.first?.kind == kind, "\(inside.failures)")
            #expect(inside.text.isEmpty)
        }
    }
}
