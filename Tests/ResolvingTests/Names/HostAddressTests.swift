// SPDX-License-Identifier: Apache-2.0

import Glibc
import Resolving
import Support
import Testing

struct HostAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("::", "::"),
        ("::1", "::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
    ])
    func anAddressIsReadAndWritten(text: String, written: String) {
        #expect(HostAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", ".", ":", ":::", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.+4", "1..2.3",
        " 1.2.3.4",
        "1.2.3.4 ", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
        "12345::",
        "g::", "::1.2.3", "1.2.3.4::", "1.2.3.4::1", "::1.2.3.4:5", ":1::", "1::2:", "+1::", "fe80::1%eth0", "[::1]",
        "1:2:3:4:5:6:7:1.2.3.4", String(repeating: "1", count: 10_000), "٣.1.1.1",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(HostAddress(text) == nil)
    }

    @Test(arguments: [
        ("[192.0.2.1]", "192.0.2.1"), ("[IPv6:2001:db8::1]", "2001:db8::1"), ("[ipv6:::1]", "::1"),
        ("192.0.2.1", "192.0.2.1"),
    ])
    func aLiteralIsRead(text: String, written: String) {
        #expect(HostAddress(literal: text)?.description == written)
    }

    @Test(arguments: ["", "[", "]", "[]", "[IPv6:]", "[IPv6", "[mx.example.org]"])
    func whatIsNoLiteralIsRefused(text: String) {
        #expect(HostAddress(literal: text) == nil)
    }

    @Test func bytesGoBothWays() {
        #expect(HostAddress("192.0.2.1")?.bytes == [192, 0, 2, 1])
        #expect(HostAddress("2001:db8::1")?.bytes == [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1])
        for count in 0...40 where count != 4 && count != 16 {
            #expect(HostAddress(bytes: Array(repeating: UInt8(1), count: count)) == nil)
        }
    }

    @Test func randomTextsAreWhatTheSystemSays() {
        var random = SeededRandom(seed: 7)
        let alphabet = Array("0123456789af::::....")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 1...18, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }
            )
            var room = [UInt8](repeating: 0, count: 16)
            let system = inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &room) == 1
            #expect((HostAddress(text) != nil) == system, "\(text)")
        }
    }

    @Test func whatIsWrittenIsReadBack() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<5_000 {
            // Few bits, so that there are zeros to shorten.
            let address = HostAddress(
                high: UInt64.random(in: 0...UInt64.max, using: &random)
                    & UInt64.random(in: 0...UInt64.max, using: &random)
                    & 0xFFFF_0000_00FF_FFFF,
                low: Bool.random(using: &random) ? UInt64.random(in: 0...0xFFFF, using: &random) : UInt64.max
            )
            #expect(HostAddress(address.description) == address)
            #expect(HostAddress(bytes: address.bytes) == address)
        }
    }
}
