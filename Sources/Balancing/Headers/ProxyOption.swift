// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// What a version 2 header to a server says beside the addresses (HAProxy configuration manual 5.2, `proxy-v2-options`).
package enum ProxyOption: String, Sendable, Equatable, CaseIterable {
    /// The client's TLS, as a proxy in front has said, with the details that the others name.
    case ssl
    case certificateName = "cert-cn"
    case cipher = "ssl-cipher"
    case signature = "cert-sig"
    case key = "cert-key"
    /// The host name the client asked for, as a proxy in front has said.
    case authority
    /// A checksum over the header.
    case checksum = "crc32c"
    /// `unique-id-format`; without it the id that a proxy in front has given, or the session's number in eight bytes.
    case uniqueID = "unique-id"
}

extension ServerSettings {
    /// The header of a client's connection to this server; nil where none is sent.
    ///
    /// - Parameters:
    ///   - identity: the client, with the values that came from a proxy in front.
    ///   - uniqueID: the id of the session.
    func header(for identity: ProxyHeader, uniqueID: () -> [UInt8]) -> ByteBuffer? {
        guard let version = sendProxy else { return nil }
        var header = identity
        header.values = []
        if version == .v2, header.command == .proxy {
            // A client without an address: HAProxy and Postfix refuse UNSPEC, and know LOCAL for one nobody vouches for.
            if !header.namesClient { header.command = .local }
            if !proxyOptions.isEmpty { header.values = values(identity, uniqueID) }
        }
        var buffer = ByteBuffer()
        ProxyHeaderEncoder(version: version, addsChecksum: proxyOptions.contains(.checksum)).encode(
            header,
            into: &buffer
        )
        return buffer
    }

    /// In HAProxy's order.
    private func values(_ identity: ProxyHeader, _ uniqueID: () -> [UInt8]) -> [ProxyHeader.TypeLengthValue] {
        var values: [ProxyHeader.TypeLengthValue] = []
        if proxyOptions.contains(.authority), let name = identity.value(ProxyHeader.authorityType) {
            values.append(.init(type: ProxyHeader.authorityType, value: name))
        }
        if proxyOptions.contains(.uniqueID) {
            values.append(.init(type: ProxyHeader.uniqueIDType, value: Array(uniqueID().prefix(128))))
        }
        if proxyOptions.contains(.ssl) {
            var details: Set<ProxySSL.Detail> = [.version]
            if proxyOptions.contains(.certificateName) { details.insert(.commonName) }
            if proxyOptions.contains(.cipher) { details.insert(.cipher) }
            if proxyOptions.contains(.signature) { details.insert(.signatureAlgorithm) }
            if proxyOptions.contains(.key) { details.insert(.keyAlgorithm) }
            values.append((identity.ssl ?? ProxySSL()).encoded(keeping: details))
        }
        return values
    }
}

extension ProxyHeader {
    /// Whether both addresses are there, of a kind that a header can carry.
    fileprivate var namesClient: Bool {
        guard let source, let destination else { return false }
        switch (source, destination) {
        case (.v4, .v4), (.v4, .v6), (.v6, .v4), (.v6, .v6): return true
        case (.unixDomainSocket, .unixDomainSocket):
            return source.pathname.map { !$0.isEmpty } ?? false && destination.pathname.map { !$0.isEmpty } ?? false
        case (.unixDomainSocket, _), (_, .unixDomainSocket): return false
        }
    }

    /// The values that are passed on from a proxy in front: what is known of the client, and not of its connection.
    var passedValues: [TypeLengthValue] {
        values.filter { [ProxyHeader.authorityType, ProxyHeader.uniqueIDType, ProxySSL.type].contains($0.type) }
    }
}
