// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct HeaderWatchTests {
    /// `S:` the server sends, `C:` the client; the verdict of the whole.
    @Test(arguments: [
        // Postfix without the setting, version 1 and version 2.
        (true, ["S:220 mx ESMTP\r\n", "S:502 5.5.2 Error: command not recognized\r\n"], "unexpected"),
        (true, ["S:220 mx ESMTP\r\n502 5.5.2 Error: command not recognized\r\n"], "unexpected"),
        (
            true,
            [
                "S:220 mx ESMTP\r\n",
                "S:500 5.5.2 Error: bad syntax\r\n500 5.5.2 Error: bad syntax\r\n221 2.0.0 Bye\r\n",
            ], "unexpected"
        ),
        (true, ["S:220-mx\r\n", "S:220 mx ESMTP\r\n", "C:EHLO c\r\n", "S:502 5.5.2 Error\r\n"], "unexpected"),
        // Exim.
        (true, ["S:554 SMTP synchronization error\r\n"], "unexpected"),
        // Postfix with the setting.
        (true, ["S:220 mx ESMTP\r\n", "C:EHLO c\r\n", "S:250-mx\r\n250 SIZE\r\n"], "fine"),
        // The client's own fault.
        (true, ["S:220 mx ESMTP\r\n", "C:FOO\r\n", "S:502 5.5.2 Error\r\n"], ""),
        (true, ["S:220 mx ESMTP\r\n", "C:EHLO\r\n", "S:501 Syntax: EHLO hostname\r\n"], ""),
        (true, ["S:220 mx ESMTP\r\n", "C:EHLO c\r\n", "S:250 mx\r\n", "S:502 5.5.2 Error\r\n"], "fine"),
        // No header sent.
        (false, ["S:421 4.3.0 mx Server local error\r\n"], "missing"),
        (false, ["S:421 4.3.2 No system resources\r\n"], "missing"),
        (false, ["S:421 4.3.2 too busy\r\n"], ""),
        (false, ["S:220 mx ESMTP\r\n", "S:502 5.5.2 Error\r\n"], "fine"),
        // No SMTP at all.
        (true, ["C:GET / HTTP/1.0\r\n\r\n", "S:HTTP/1.0 200 OK\r\n", "S:502 x\r\n"], ""),
        (true, ["S:\r\n"], ""), (true, ["S:22"], ""),
    ])
    func judges(sentHeader: Bool, events: [String], expected: String) {
        var watch = HeaderWatch(sentHeader: sentHeader)
        var verdicts: [String] = []
        for event in events {
            let bytes = ByteBuffer(string: String(event.dropFirst(2)))
            guard event.hasPrefix("S:") else {
                watch.clientSent(bytes)
                continue
            }
            switch watch.serverSent(bytes) {
            case .mismatch(.unexpectedHeader): verdicts.append("unexpected")
            case .mismatch(.missingHeader): verdicts.append("missing")
            case .mismatch(.silence): verdicts.append("silence")
            case .fine: verdicts.append("fine")
            case nil: break
            }
        }
        #expect(verdicts == (expected.isEmpty ? [] : [expected]))
    }
}
