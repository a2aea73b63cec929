// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

@Suite struct DotStufferTests {
    static let cases: [(String, String)] = [
        ("", ""),
        ("hello\r\n", "hello\r\n"),
        (".\r\n", "..\r\n"),
        ("a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n"),
        ("a.b\r\n", "a.b\r\n"),
        ("a\n.\r\nb", "a\n..\r\nb"),
        ("a\r.\r\n", "a\r.\r\n"),
        ("\r\n.", "\r\n.."),
    ]

    @Test(arguments: cases, [1, 2, 7, .max])
    func doublesDotsAtLineStarts(_ example: (String, String), chunk: Int) {
        var stuffer = DotStuffer()
        var output = ByteBuffer()
        let bytes = Array(example.0.utf8)
        var index = 0
        while index < bytes.count {
            let end = chunk == .max ? bytes.count : min(index + chunk, bytes.count)
            var piece = stuffer.stuff(ByteBuffer(bytes: bytes[index..<end]))
            output.writeBuffer(&piece)
            index = end
        }
        #expect(String(buffer: output) == example.1)
    }
}
