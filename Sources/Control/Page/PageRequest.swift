// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// One HTTP request as the page looks at it: read, bounded, and nothing of it believed yet.
package struct PageRequest: Sendable {
    /// `GET`, `HEAD`, `POST` or whatever the client wrote.
    package var method: String
    /// The target as the client wrote it.
    package var target: String
    /// Nil for a client of a UNIX socket.
    package var source: IPAddress?
    /// `address:port`, for the log.
    package var client: String
    /// `Host`; nil without one.
    package var host: String?
    /// `Origin`; nil without one. A browser sends it with every form.
    package var origin: String?
    /// `Sec-Fetch-Site`; nil without one.
    package var fetchSite: String?
    /// `Authorization`, still encoded; nil without one.
    package var authorization: String?
    /// `X-Relaybox-Token`, or nil: forms without script carry it in a field.
    package var token: String?
    /// The body so far; the session machine bounds it.
    package var body: [UInt8] = []

    /// A request without headers; the HTTP handler fills them in.
    package init(method: String, target: String, source: IPAddress?, client: String) {
        self.method = method
        self.target = target
        self.source = source
        self.client = client
    }

    /// The target without its query and HAProxy's options.
    package var path: String {
        String(target.prefix { $0 != "?" && $0 != ";" && $0 != "#" })
    }

    /// HAProxy's options and the query behind `uri`, split at `;`, `?` and `&`; nil when the target is another one.
    ///
    /// HAProxy takes `/stats;csv`, `/stats?csv` and, for its own default, `/haproxy?stats;csv`.
    package func options(behind uri: String) -> [String]? {
        guard target.hasPrefix(uri) else { return nil }
        let rest = target.dropFirst(uri.count)
        guard let first = rest.first else { return [] }
        guard first == ";" || first == "?" || first == "&" else { return nil }
        return rest.split { ";?&".contains($0) }.map(String.init)
    }
}

/// Decodes what forms and browsers send.
package enum PageForm {
    /// Fields that are read at most.
    private static let fieldLimit = 1_000

    /// The fields of an `application/x-www-form-urlencoded` body in their order.
    package static func fields(_ body: [UInt8]) -> [(name: String, value: String)] {
        body.split(separator: UInt8(ascii: "&")).prefix(fieldLimit).map { field in
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (decode(parts[0]), parts.count > 1 ? decode(parts[1]) : "")
        }
    }

    /// Text with `%XX` and `+` decoded; what is no hexadecimal number stays.
    package static func decode(_ bytes: some Collection<UInt8>) -> String {
        var decoded: [UInt8] = []
        var rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                let digits = rest.prefix(2).compactMap(digit)
                guard digits.count == 2 else {
                    decoded.append(byte)
                    continue
                }
                decoded.append(digits[0] * 16 + digits[1])
                rest = rest.dropFirst(2)
            default: decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Name and password of an `Authorization: Basic` header (RFC 7617); nil for anything else.
    package static func credentials(_ header: String) -> (name: String, password: String)? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic", let bytes = base64(parts[1].utf8) else { return nil }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return (
            String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        )
    }

    /// RFC 4648 section 4; nil where a character is none of it.
    private static func base64(_ text: String.UTF8View.SubSequence) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text where character != UInt8(ascii: "=") && character != 0x20 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = (bits << 6 | UInt32(value)) & 0xFF_FFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// Whether two texts are equal, in a time that does not tell where they differ.
    package static func isEqual(_ left: String, _ right: String) -> Bool {
        let (one, two) = (Array(left.utf8), Array(right.utf8))
        var difference = one.count ^ two.count
        for index in one.indices { difference |= Int(one[index] ^ (two.isEmpty ? 0 : two[index % two.count])) }
        return difference == 0
    }
}

/// What goes back.
package struct PageAnswer: Sendable {
    /// The HTTP status code.
    package var status: Int
    /// `Content-Type`.
    package var contentType: String
    /// The body; a HEAD request gets its length alone.
    package var body: String
    /// Further headers.
    package var headers: [(name: String, value: String)] = []

    /// An answer; length and connection headers are the handler's.
    package init(_ status: Int, _ contentType: String, _ body: String, headers: [(String, String)] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers.map { (name: $0.0, value: $0.1) }
    }

    /// Plain words.
    package static func words(_ status: Int, _ text: String, headers: [(String, String)] = []) -> PageAnswer {
        PageAnswer(status, "text/plain; charset=utf-8", text + "\n", headers: headers)
    }
}
