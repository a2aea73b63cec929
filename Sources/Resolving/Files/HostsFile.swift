// SPDX-License-Identifier: Apache-2.0

/// The host's own table of names and addresses, hosts(5).
package struct HostsFile: Sendable, Equatable {
    private var addresses: [DomainName: [HostAddress]] = [:]
    private var names: [HostAddress: DomainName] = [:]

    /// An empty table.
    package init() {}

    /// Reads lines of an address and its names; what follows a `#` and lines that say something else are passed over.
    package init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, let address = HostAddress(first) else { continue }
            for name in words.dropFirst().compactMap({ DomainName($0) }) {
                if addresses[name]?.contains(address) != true { addresses[name, default: []].append(address) }
                if names[address] == nil { names[address] = name }
            }
        }
    }

    /// The addresses of a name, as far as a family asks for them, in the order of the file.
    package func addresses(of name: DomainName, family: AddressFamily) -> [HostAddress] {
        addresses[name]?.filter { family.includes($0) } ?? []
    }

    /// The first name of an address.
    package func name(of address: HostAddress) -> DomainName? {
        names[address]
    }
}

/// Which addresses of a host are wanted (Postfix: inet_protocols).
package enum AddressFamily: Sendable, Equatable, CaseIterable {
    case any
    case ipv4
    case ipv6

    func includes(_ address: HostAddress) -> Bool {
        switch self {
        case .any: true
        case .ipv4: address.ipv4 != nil
        case .ipv6: address.ipv4 == nil
        }
    }
}
