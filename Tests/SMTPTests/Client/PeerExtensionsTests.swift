// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

@Suite struct PeerExtensionsTests {
    @Test func readsWhatTheClientUses() {
        let offered = PeerExtensions(
            Reply(250, lines: ["mx", "pipelining", "SIZE 1000", "8BITMIME", "ENHANCEDSTATUSCODES", "X-ODD 1 2 3", ""])
        )
        #expect(offered.pipelining)
        #expect(offered.eightBitMIME)
        #expect(offered.enhancedStatusCodes)
        #expect(offered.size)
        #expect(offered.sizeLimit == 1000)
    }

    @Test(arguments: ["SIZE", "SIZE 0", "SIZE x", "SIZE -5", "SIZE 99999999999999999999999999"])
    func noUsableLimitIsNoLimit(_ line: String) {
        let offered = PeerExtensions(Reply(250, lines: ["mx", line]))
        #expect(offered.size)
        #expect(offered.sizeLimit == nil)
    }

    @Test func theNameIsNoExtension() {
        #expect(PeerExtensions(Reply(250, nil, "PIPELINING")) == PeerExtensions())
    }
}
