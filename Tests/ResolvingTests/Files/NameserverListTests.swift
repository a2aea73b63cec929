// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

struct NameserverListTests {
    @Test func onlyNameserverLinesCount() {
        let text = """
            # nameserver 192.0.2.9
            search example.org
            nameserver 192.0.2.1
            nameserver\t2001:db8::1   # comment
            nameserver fe80::1%eth0
            nameserver
            nameserver name.example.org
            options edns0
            """
        #expect(NameserverList.read(text).map(\.forward) == ["192.0.2.1@53", "2001:db8::1@53"])
    }

    @Test func aLongListIsCut() {
        let text = (0..<200).map { "nameserver 192.0.2.\($0)\n" }.joined()
        #expect(NameserverList.read(text).count == 10)
    }
}
