// SPDX-License-Identifier: Apache-2.0

/// What a header says of the client's TLS: the value of type 0x20 (specification 2.2.6).
package struct ProxySSL: Sendable, Equatable {
    /// The type of the value in a header.
    package static let type: UInt8 = 0x20

    /// The values inside of it.
    package enum Detail: UInt8, Sendable, CaseIterable {
        case version = 0x21
        case commonName = 0x22
        case cipher = 0x23
        case signatureAlgorithm = 0x24
        case keyAlgorithm = 0x25
    }

    /// 1: the client speaks TLS; 2 and 4: it gave a certificate on this connection, in this TLS session.
    package var client: UInt8
    /// 0: the certificate was given and is good.
    package var verification: UInt32
    /// Version, names and algorithms as they came; `Detail` numbers those that are known.
    package var details: [ProxyHeader.TypeLengthValue]

    /// Of a client without TLS.
    package init() {
        client = 0
        verification = 0
        details = []
    }

    /// Reads the value of a header; nil where it is not one.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 5 else { return nil }
        client = bytes[0]
        verification = bytes[1..<5].reduce(0) { $0 << 8 | UInt32($1) }
        details = []
        var rest = bytes[5...]
        while !rest.isEmpty {
            guard rest.count >= 3 else { return nil }
            let start = rest.startIndex
            let length = Int(rest[start + 1]) << 8 | Int(rest[start + 2])
            guard rest.count >= 3 + length else { return nil }
            details.append(.init(type: rest[start], value: Array(rest[(start + 3)..<(start + 3 + length)])))
            rest = rest[(start + 3 + length)...]
        }
    }

    /// The first value of a kind; nil when there is none.
    package subscript(_ detail: Detail) -> [UInt8]? { details.first { $0.type == detail.rawValue }?.value }

    /// The value for a header, with the details of these kinds alone.
    package func encoded(keeping kinds: Set<Detail>) -> ProxyHeader.TypeLengthValue {
        var bytes = [client]
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: verification >> shift)) }
        for detail in details where Detail(rawValue: detail.type).map({ kinds.contains($0) }) ?? false {
            // What came in one header fits into another.
            let count = UInt16(truncatingIfNeeded: detail.value.count)
            bytes += [detail.type, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
            bytes += detail.value
        }
        return .init(type: ProxySSL.type, value: bytes)
    }
}

extension ProxyHeader {
    /// The first value of a type.
    package func value(_ type: UInt8) -> [UInt8]? { values.first { $0.type == type }?.value }

    /// What it says of the client's TLS.
    package var ssl: ProxySSL? { value(ProxySSL.type).flatMap { ProxySSL($0) } }
}
