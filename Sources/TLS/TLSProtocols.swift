// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// Which versions of the protocol may be spoken (Postfix: smtpd_tls_protocols, smtp_tls_mandatory_protocols).
package struct TLSProtocols: Sendable, Hashable {
    /// A version by its number on the wire.
    package enum Version: UInt16, Sendable, CaseIterable, Comparable {
        case tls1 = 0x0301
        case tls11 = 0x0302
        case tls12 = 0x0303
        case tls13 = 0x0304

        /// `TLSv1.3`
        package var name: String {
            switch self {
            case .tls1: "TLSv1"
            case .tls11: "TLSv1.1"
            case .tls12: "TLSv1.2"
            case .tls13: "TLSv1.3"
            }
        }

        package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }

        var library: TLSVersion {
            switch self {
            case .tls1: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        }
    }

    /// The oldest and the newest version that are spoken.
    package var lowest = Version.tls12
    /// The newest version that is spoken.
    package var highest = Version.tls13

    package init() {}

    /// Reads Postfix's three notations: bounds (`>=TLSv1.2 <=TLSv1.3`), exclusions (`!SSLv3 !TLSv1`) and a plain list
    /// (`TLSv1.2 TLSv1.3`); nil for a word that is none of them, and for versions with a gap between them.
    package init?(words: [String]) {
        guard !words.isEmpty else { return }
        var bounds = Version.tls1...Version.tls13
        var excluded: Set<Version> = []
        var listed: Set<Version> = []
        for word in words.map({ $0.lowercased() }) {
            if word.hasPrefix(">=") || word.hasPrefix("<=") {
                let name = word.dropFirst(2)
                if name == "sslv3", word.hasPrefix(">") { continue }
                guard let version = Self.version(name) else { return nil }
                let lowest = word.hasPrefix(">") ? version : bounds.lowerBound
                let highest = word.hasPrefix("<") ? version : bounds.upperBound
                guard lowest <= highest else { return nil }
                bounds = lowest...highest
            } else if word.hasPrefix("!") {
                if ["!sslv2", "!sslv3"].contains(word) { continue }
                guard let version = Self.version(word.dropFirst()) else { return nil }
                excluded.insert(version)
            } else {
                guard let version = Self.version(word[...]) else { return nil }
                listed.insert(version)
            }
        }
        let allowed = Version.allCases.filter { version in
            bounds.contains(version) && !excluded.contains(version) && (listed.isEmpty || listed.contains(version))
        }
        guard let lowest = allowed.first, let highest = allowed.last else { return nil }
        let span = Version.allCases.filter { (lowest...highest).contains($0) }
        guard span == allowed else { return nil }
        self.lowest = lowest
        self.highest = highest
    }

    private static func version(_ name: Substring) -> Version? {
        Version.allCases.first { $0.name.lowercased() == name }
    }
}
