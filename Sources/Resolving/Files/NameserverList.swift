// SPDX-License-Identifier: Apache-2.0

/// The name servers of a resolv.conf(5) file.
package enum NameserverList {
    /// The addresses of the first ten `nameserver` lines. A zone after `%` is dropped with its line: libunbound's
    /// forwarders have none.
    package static func read(_ text: String) -> [NameserverAddress] {
        let found = text.split(whereSeparator: \.isNewline).compactMap { line -> NameserverAddress? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver", let host = HostAddress(words[1]) else { return nil }
            return NameserverAddress(host.description)
        }
        return Array(found.prefix(10))
    }
}
