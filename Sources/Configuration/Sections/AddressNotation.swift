// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Owns addresses as text (HAProxy configuration manual 2.6 and 5.1): what a listener or a socket is bound to, and where
/// a server is.
enum AddressNotation {
    /// Where a server is.
    enum Target: Equatable {
        case pool(name: String)
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// One endpoint with the word that names it.
    struct Listening {
        let endpoint: BindSettings.Address
        let word: Word
    }

    /// Bytes that a UNIX socket's path may have (`sun_path` without its NUL).
    static let pathBytes = 107

    /// Every endpoint of `word`: a list separated by commas, each with a port or a range of ports.
    ///
    /// With `allowsPlainPath`, what has no colon is the path of a UNIX socket, even a relative one (`stats socket`).
    static func endpoints(_ word: Word, allowsPlainPath: Bool = false) throws(Finding) -> [Listening] {
        var all: [Listening] = []
        var distance = 0
        for item in word.text.split(separator: ",", omittingEmptySubsequences: false) {
            let part = word.part(item, at: distance)
            distance += item.utf8.count + 1
            if allowsPlainPath, !item.isEmpty, !item.contains(":"), !item.contains("@"), !item.contains("[") {
                all.append(Listening(endpoint: .unix(path: try path(part, isRelative: true)), word: part))
                continue
            }
            guard !item.isEmpty else { throw Finding(at: part, "an address is missing beside the comma") }
            for endpoint in try endpoint(part) { all.append(Listening(endpoint: endpoint, word: part)) }
            guard all.count <= ConfigurationLimits.listeners else {
                throw Finding(at: part, "a section opens at most \(ConfigurationLimits.listeners) listeners")
            }
        }
        return all
    }

    private static func endpoint(_ word: Word) throws(Finding) -> [BindSettings.Address] {
        let (family, rest, distance) = family(of: word)
        let address = word.part(rest, at: distance)
        switch family {
        case .none where rest.hasPrefix("/"), .unix: return [.unix(path: try path(address))]
        case .systemd: return [.systemd(name: try systemdName(address))]
        case .pool: throw Finding(at: word, "a pool is no address; a server line names it")
        case .foreign(let name):
            throw Finding(at: word, "'\(name)@' is not understood; 'systemd@NAME' takes a socket that systemd opened")
        case .none, .ipv4, .ipv6:
            let (host, ports) = try hostAndPorts(address)
            let ip = try listeningHost(address.part(host, at: 0), family: family)
            return try portRange(ports, of: address).map { .ip(host: ip, port: $0) }
        }
    }

    /// Where a server is. `word` is the second argument of a `server` line.
    static func target(_ word: Word) throws(Finding) -> Target {
        let (family, rest, distance) = family(of: word)
        let address = word.part(rest, at: distance)
        switch family {
        case .none where rest.hasPrefix("/"), .unix: return .unix(path: try path(address))
        case .pool:
            guard rest.isProxyName else { throw Finding(at: address, "write the name of a pool after 'pool@'") }
            return .pool(name: rest)
        case .systemd: throw Finding(at: word, "a socket that systemd opened is for 'bind' lines, not for servers")
        case .foreign(let name): throw Finding(at: word, "'\(name)@' is not understood in a server's address")
        case .none, .ipv4, .ipv6: break
        }
        let (host, port) = try hostAndPorts(address)
        guard host.isHostName || IPAddress(host) != nil, host != "*" else {
            throw Finding(at: address, "\(host.shown) is neither an IP address nor a host name")
        }
        try check(host, is: family, at: address)
        if port.text.hasPrefix("+") || port.text.hasPrefix("-") {
            throw Finding(at: port, "a port relative to the client's is not supported: write the server's port")
        }
        return .tcp(host: host.lowercased(), port: try Quantity.integer(port, in: 1...65_535))
    }

    private enum Family: Equatable {
        case none, ipv4, ipv6, unix, systemd, pool
        case foreign(String)
    }

    private static func family(of word: Word) -> (Family, rest: String, distance: Int) {
        guard !word.text.hasPrefix("/"), let sign = word.text.firstIndex(of: "@") else { return (.none, word.text, 0) }
        let prefix = String(word.text[..<sign])
        let rest = String(word.text[word.text.index(after: sign)...])
        let family: Family =
            switch prefix {
            case "ipv4": .ipv4
            case "ipv6": .ipv6
            case "unix": .unix
            case "systemd": .systemd
            case "pool": .pool
            default: .foreign(prefix)
            }
        return (family, rest, prefix.utf8.count + 1)
    }

    private static func path(_ word: Word, isRelative: Bool = false) throws(Finding) -> String {
        guard isRelative || word.text.hasPrefix("/"), word.text != "/" else {
            throw Finding(at: word, "\(word.shown) is not an absolute path")
        }
        guard word.text.utf8.count <= pathBytes else {
            throw Finding(at: word, "the path of a UNIX socket has at most \(pathBytes) bytes")
        }
        return word.text
    }

    private static func systemdName(_ word: Word) throws(Finding) -> String {
        // systemd.socket(5), FileDescriptorName=: printable ASCII without a colon, at most 255 of it.
        let isName = word.text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        guard !word.text.isEmpty, word.text.utf8.count <= 255, isName else {
            throw Finding(at: word, "write the socket's FileDescriptorName= after 'systemd@'")
        }
        return word.text
    }

    /// Cuts at the last colon, as HAProxy does, so that `::1:25` needs no brackets.
    private static func hostAndPorts(_ word: Word) throws(Finding) -> (host: String, ports: Word) {
        guard let colon = word.text.lastIndex(of: ":"), !word.text[colon...].contains("]") else {
            throw Finding(at: word, "\(word.shown) has no port: write ADDRESS:PORT")
        }
        var host = String(word.text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let ports = String(word.text[word.text.index(after: colon)...])
        let distance = word.text.utf8.distance(from: word.text.startIndex, to: colon) + 1
        guard !ports.isEmpty else { throw Finding(at: word, "the port is missing after the colon") }
        return (host, word.part(ports, at: distance))
    }

    private static func listeningHost(_ word: Word, family: Family) throws(Finding) -> String {
        if word.text.isEmpty || word.text == "*" { return family == .ipv6 ? "::" : "0.0.0.0" }
        guard let ip = IPAddress(word.text) else {
            if word.text.lowercased() == "localhost" {
                throw Finding(at: word, "'localhost' may be several addresses; write '127.0.0.1' or '::1'")
            }
            throw Finding(at: word, "\(word.shown) is not an IP address; write one, or '*' for all of IPv4")
        }
        try check(word.text, is: family, at: word)
        return ip.description
    }

    private static func check(_ host: String, is family: Family, at word: Word) throws(Finding) {
        guard let ip = IPAddress(host) else { return }
        if family == .ipv4, !ip.isIPv4 { throw Finding(at: word, "\(host.shown) is not an IPv4 address") }
        if family == .ipv6, ip.isIPv4 { throw Finding(at: word, "\(host.shown) is not an IPv6 address") }
    }

    private static func portRange(_ word: Word, of address: Word) throws(Finding) -> [Int] {
        let bounds = word.text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try Quantity.integer(word.part(bounds[0], at: 0), in: 0...65_535)
        guard bounds.count == 2 else { return [first] }
        let last = try Quantity.integer(word.part(bounds[1], at: bounds[0].utf8.count + 1), in: 0...65_535)
        guard first > 0, first <= last else { throw Finding(at: word, "\(word.shown) is not a range of ports") }
        guard last - first < ConfigurationLimits.listeners else {
            throw Finding(at: word, "a section opens at most \(ConfigurationLimits.listeners) listeners")
        }
        return Array(first...last)
    }
}

extension StringProtocol {
    /// Whether the text can name a proxy, a server or a pool: letters, digits, `-`, `_`, `.` and `:`.
    var isProxyName: Bool {
        !isEmpty && utf8.count <= 128
            && utf8.allSatisfy { byte in
                byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
            }
    }

    /// Whether the text is a host name: labels of letters, digits, hyphens and underscores (RFC 1123 section 2.1), at most
    /// 255 bytes.
    var isHostName: Bool {
        guard !isEmpty, utf8.count <= 255 else { return false }
        return split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isASCIILetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension AddressNotation {
    /// A name server: an IP address, with a port or without.
    static func nameserver(_ word: Word) throws(Finding) -> Nameserver {
        let plain =
            word.text.hasPrefix("[") && word.text.hasSuffix("]") ? String(word.text.dropFirst().dropLast()) : word.text
        if let ip = IPAddress(plain) { return Nameserver(address: ip.description) }
        let hasPort = word.text.contains(":") && !word.text.contains("@")
        guard hasPort, case .tcp(let host, let port) = try target(word), let ip = IPAddress(host) else {
            throw Finding(at: word, "a name server is named by its IP address, not \(word.shown)")
        }
        return Nameserver(address: ip.description, port: port)
    }
}

extension AddressNotation.Listening {
    /// Whether only this host can connect. A socket of systemd's is not known to be so.
    var isLoopback: Bool {
        switch endpoint {
        case .unix: true
        case .ip(let host, _): IPAddress(host)?.isLoopback ?? false
        case .systemd: false
        }
    }
}

extension Arguments {
    /// A host name, lower case.
    mutating func hostName() throws(Finding) -> String {
        let word = try next("a host name")
        guard word.text.isHostName else { throw Finding(at: word, "\(word.shown) is not a host name") }
        return word.text.lowercased()
    }

    /// A program name for log lines: printable, without spaces, colons or brackets, which would break the line's header.
    mutating func identifier() throws(Finding) -> String {
        let word = try next("a name")
        let isIdentifier = word.text.utf8.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "[")
                && byte != UInt8(ascii: "]")
        }
        guard !word.text.isEmpty, word.text.utf8.count <= 64, isIdentifier else {
            throw Finding(
                at: word,
                "\(word.shown) is no name for log lines: at most 64 characters without ':', '[' or ']'"
            )
        }
        return word.text
    }
}
