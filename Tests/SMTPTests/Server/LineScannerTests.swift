// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

struct LineScannerTests {
    private func outcomes(of text: String, limit: Int = 32, chunk: Int) -> [LineScanner.Outcome] {
        var scanner = LineScanner(limit: limit)
        var buffer = ByteBuffer()
        var found: [LineScanner.Outcome] = []
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            buffer.writeBytes(bytes.prefix(chunk))
            bytes = bytes.dropFirst(chunk)
            scan: while true {
                let outcome = scanner.next(in: &buffer)
                if outcome == .needMore { break scan }
                found.append(outcome)
            }
        }
        return found
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func cutsLines(chunk: Int) {
        #expect(
            outcomes(of: "EHLO a\r\nNOOP\n\r\nQUIT", chunk: chunk)
                == [.line("EHLO a", bare: false), .line("NOOP", bare: true), .line("", bare: false)]
        )
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func refusesWhatIsNoText(chunk: Int) {
        #expect(outcomes(of: "NO\0OP\r\nQUIT\r\n", chunk: chunk) == [.garbage, .line("QUIT", bare: false)])
    }

    @Test func refusesInvalidUTF8() {
        var scanner = LineScanner(limit: 32)
        var buffer = ByteBuffer(bytes: [0x41, 0xC0, 0xAF, 0x0D, 0x0A])
        #expect(scanner.next(in: &buffer) == .garbage)
        #expect(buffer.readableBytes == 0)
    }

    @Test(arguments: [1, 2, 7])
    func throwsAwayEndlessLines(chunk: Int) {
        let found = outcomes(of: String(repeating: "x", count: 100) + "\r\nNOOP\r\n", chunk: chunk)
        #expect(found == [.tooLong, .stillTooLong, .stillTooLong, .line("NOOP", bare: false)])
    }
}
