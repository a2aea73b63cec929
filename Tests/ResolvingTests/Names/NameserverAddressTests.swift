// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

struct NameserverAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1@53"), ("192.0.2.1:5353", "192.0.2.1@5353"), ("2001:db8::1", "2001:db8::1@53"),
        ("[2001:db8::1]", "2001:db8::1@53"), ("[::1]:65535", "::1@65535"), ("::1:53", "::1:53@53"),
    ])
    func anAddressIsRead(text: String, forward: String) {
        #expect(NameserverAddress(text)?.forward == forward)
    }

    @Test(arguments: [
        "", "localhost", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:+53", "[::1", "::1]", "[::1]53",
        "[]:53",
        "192.0.2.1:53:53", "[192.0.2.1:53", ":53", "192.0.2.1@53",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(NameserverAddress(text) == nil)
    }
}
