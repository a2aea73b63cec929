// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// One SMTP reply: a code, perhaps an enhanced status code, and one or more lines (RFC 5321 section 4.2, RFC 2034).
package struct Reply: Sendable, Equatable {
    /// 200 to 599.
    package var code: Int
    /// `5.7.1`; nil where RFC 2034 has none (greeting, EHLO, 354).
    package var enhanced: EnhancedStatus?
    /// The text of each line, without code, enhanced code or line end. Never empty.
    package var lines: [String]

    /// A reply of one line.
    package init(_ code: Int, _ enhanced: EnhancedStatus? = nil, _ text: String) {
        self.code = code
        self.enhanced = enhanced
        self.lines = [text]
    }

    /// A reply of several lines; without any it gets an empty one.
    package init(_ code: Int, _ enhanced: EnhancedStatus? = nil, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines.isEmpty ? [""] : lines
    }

    /// 2yz: done.
    package var isPositive: Bool { code / 100 == 2 }
    /// 4yz: try again later.
    package var isTransient: Bool { code / 100 == 4 }
    /// 5yz: do not try again.
    package var isPermanent: Bool { code / 100 == 5 }

    /// The reply on one line, as log lines and reports quote it: `250 2.1.0 Ok`.
    package var summary: String {
        let text = lines.joined(separator: " ")
        guard let enhanced else { return "\(code) \(text)" }
        return "\(code) \(enhanced) \(text)"
    }

    /// Appends the reply as it goes over the wire, with CRLF line ends.
    package func write(into buffer: inout ByteBuffer) {
        for (index, line) in lines.enumerated() {
            buffer.writeString(String(code))
            buffer.writeString(index == lines.count - 1 ? " " : "-")
            if let enhanced {
                buffer.writeString("\(enhanced) ")
            }
            buffer.writeString(line)
            buffer.writeString("\r\n")
        }
    }
}

/// An enhanced mail system status code, `class.subject.detail` (RFC 3463).
package struct EnhancedStatus: Sendable, Equatable, CustomStringConvertible {
    /// 2, 4 or 5; the others are up to 999.
    package var `class`: Int
    /// What it is about, 0 to 999: 1 addresses, 4 the network, 7 policy.
    package var subject: Int
    /// The cause, 0 to 999.
    package var detail: Int

    /// `EnhancedStatus(5, 7, 1)` is `5.7.1`.
    package init(_ class: Int, _ subject: Int, _ detail: Int) {
        self.class = `class`
        self.subject = subject
        self.detail = detail
    }

    package var description: String { "\(`class`).\(subject).\(detail)" }
}
