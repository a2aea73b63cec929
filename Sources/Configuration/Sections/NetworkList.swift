// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol

/// Owns networks as text: CIDR, single addresses, and Postfix's IPv6 in brackets.
enum NetworkList {
    /// One network; the error says what is wrong with it and what may have been meant.
    static func range(_ word: Word) throws(Finding) -> AddressRange {
        let text = word.text
        if let range = AddressRange(text) { return range }
        if text.hasPrefix("!") {
            throw Finding(at: word, "exceptions (\(word.shown)) are not supported by this version: list what is meant")
        }
        if text.hasPrefix("/") || text.firstIndex(of: ":").map({ text[$0...].hasPrefix(":/") }) == true {
            throw Finding(at: word, "\(word.shown) names a file; this version takes networks in the file itself only")
        }
        if let corrected = corrected(text) {
            throw Finding(at: word, "\(word.shown) has bits set beyond its prefix; did you mean '\(corrected)'?")
        }
        throw Finding(at: word, "\(word.shown) is not a network: write it like 192.0.2.0/24 or [2001:db8::]/32")
    }

    /// The network that an address with a prefix length lies in; nil where the text is neither.
    private static func corrected(_ text: String) -> String? {
        let plain = text.filter { $0 != "[" && $0 != "]" }
        let parts = plain.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...(address.isIPv4 ? 32 : 128)).contains(length)
        else { return nil }
        let network = address.masked(to: address.isIPv4 ? length + 96 : length)
        return address.isIPv4 ? "\(network)/\(length)" : "[\(network)]/\(length)"
    }

    /// Whether the network holds every address of its family.
    static func isEverybody(_ word: Word) -> Bool {
        word.text.hasSuffix("/0") && AddressRange(word.text) != nil
    }
}
