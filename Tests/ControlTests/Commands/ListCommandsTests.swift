// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import ProxyProtocol
import Testing

@Suite struct ListCommandsTests {
    /// Runs the lines one after the other; the last answer counts.
    private func run(_ lines: String...) -> String {
        var operations = Fixtures.operations()
        let ranges = ["127.0.0.7", "127.0.1.0/24"].compactMap { AddressRange($0) }
        let lists = [
            AddressList(AddressListSettings(file: "/etc/bad.lst", usage: "pattern loaded", ranges: ranges)),
            AddressList(AddressListSettings(usage: "acl 'src' line 3")),
        ]
        operations.balancer.addressLists = { lists }
        var answer = ""
        for line in lines { answer = Fixtures.run(line, operations) }
        return answer
    }

    /// Answers of HAProxy 2.6.12, but for its addresses in memory.
    @Test(arguments: [
        (
            "show acl",
            "# id (file) description\n0 (/etc/bad.lst) pattern loaded. curr_ver=0 next_ver=0 entry_cnt=2\n"
                + "1 () acl 'src' line 3. curr_ver=0 next_ver=0 entry_cnt=0\n"
        ),
        ("show acl #0", "0x100000000 127.0.0.7\n0x100000001 127.0.1.0/24\n"), ("show acl #1", ""),
        ("show acl #9", "!Unknown ACL identifier. Please use #<id> or <file>.\n"),
        ("show acl /nope", "!Unknown ACL identifier. Please use #<id> or <file>.\n"),
        ("get acl /etc/bad.lst 127.0.1.9", "type=ip, case=sensitive, match=yes\n"),
        ("get acl /etc/bad.lst 127.0.2.9", "type=ip, case=sensitive, match=no\n"),
        ("add acl", "!'add acl' expects two parameters: ACL identifier and pattern.\n"),
        ("add acl /etc/bad.lst junk", "!'junk' is not a valid IPv4 or IPv6 address.\n"),
        ("add acl #1 10.0.0.0/8", ""), ("del acl /etc/bad.lst 9.9.9.9", "!Key not found.\n"),
        ("clear acl", "!Missing ACL identifier.\n"),
        ("clear acl nope", "!Unknown ACL identifier. Please use #<id> or <file>.\n"),
    ])
    func texts(line: String, answer: String) {
        #expect(run(line) == answer)
    }

    @Test func changesAreSeen() {
        #expect(run("add acl #1 10.1.2.3/8", "show acl #1") == "0x200000000 10.0.0.0/8\n")
        #expect(run("del acl #0 127.0.0.7", "show acl #0") == "0x100000000 127.0.1.0/24\n")
        #expect(run("clear acl /etc/bad.lst", "show acl #0") == "")
    }
}
