// SPDX-License-Identifier: Apache-2.0

/// The keys under which access tables are asked for something, in order (Postfix: access(5)); all in lower case.
enum AccessKeys {
    /// Keys of one look-up at most, so that no name with many dots costs much.
    private static let limit = 64

    /// A name, then its parent domains (parent_domain_matches_subdomains has smtpd_access_maps).
    static func domain(_ name: String) -> [String] {
        let name = name.lowercased()
        guard !name.isEmpty else { return [] }
        var keys = [name]
        guard !HostName.isAddress(name) else { return keys }
        var rest = name[...]
        while let dot = rest.firstIndex(of: "."), keys.count < limit {
            rest = rest[rest.index(after: dot)...]
            if !rest.isEmpty { keys.append(String(rest)) }
        }
        return keys
    }

    /// An address, then its networks at the dots or colons.
    static func address(_ text: String) -> [String] {
        let text = text.lowercased()
        let delimiter: Character = text.contains(":") ? ":" : "."
        var keys = [text]
        var rest = text[...]
        while let cut = rest.lastIndex(of: delimiter), keys.count < limit {
            rest = rest[..<cut]
            if !rest.isEmpty { keys.append(String(rest)) }
        }
        return keys
    }

    /// An address of mail, its domain with parents, and its local part with an at sign.
    static func mail(_ address: String, domain: String) -> [String] {
        let address = address.lowercased()
        let local = address.lastIndex(of: "@").map { address[..<$0] } ?? address[...]
        return [address] + AccessKeys.domain(domain) + ["\(local)@"]
    }

    /// An address of mail as relay_recipient_maps are asked for it.
    static func member(_ address: String, domain: String) -> [String] {
        [address.lowercased(), "@\(domain.lowercased())"]
    }
}
