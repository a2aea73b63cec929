// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import ProxyProtocol
import Testing

@Suite struct TableCommandsTests {
    private static func table(_ name: String, _ type: StickTableSettings.KeyType = .ip) -> StickTable {
        var settings = StickTableSettings(name: name, size: 10)
        settings.type = type
        settings.stored = [.init(.gpc0), .init(.connectionRate, period: 10_000)]
        return StickTable(settings)
    }

    private func run(_ lines: String..., level: AccessLevel = .admin) throws -> String {
        var operations = Fixtures.operations()
        let (first, second) = (TableCommandsTests.table("t_src"), TableCommandsTests.table("t6", .ipv6))
        operations.balancer.tables = { [first, second] }
        _ = first.set([(.gpc0, 1)], of: try #require(IPAddress("127.0.0.1")))
        _ = second.set([(.connectionRate, 3)], of: try #require(IPAddress("192.0.2.1")))
        var answer = ""
        for line in lines { answer = Fixtures.run(line, level: level, operations) }
        return answer
    }

    /// Answers of HAProxy 2.6.12, but for its addresses in memory.
    @Test(arguments: [
        ("show table", "# table: t6, type: ipv6, size:10, used:1\n# table: t_src, type: ip, size:10, used:1\n"),
        ("show table nope", "!No such table\n"),
        (
            "show table t_src",
            "# table: t_src, type: ip, size:10, used:1\n"
                + "0xffff7f000001: key=127.0.0.1 use=0 exp=0 gpc0=1 gpc0_rate(10000)=0\n"
        ),
        ("show table t_src data.gpc0 gt 1", "# table: t_src, type: ip, size:10, used:1\n"),
        ("show table t_src key 127.0.0.9", ""), ("show table t_src key", "!Key value expected\n"),
        (
            "show table t_src bogus",
            "!Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key <key>\n"
        ),
        (
            "show table t_src data.gpc0 xx 3",
            "!Filter entry #1: Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"\n"
        ),
        ("set table", "!Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n"),
        ("set table t_src key 127.0.0.9 data.nope 5", "!Unknown data type\n"),
        ("set table t_src key 127.0.0.9 data.conn_cnt 5", "!Data type not stored in this table\n"),
        ("set table t_src key 2001:db8::1", "!Unable to allocate a new entry\n"),
        ("set table t_src key 127.0.0.9 data.gpc0 5", ""), ("clear table nope", "!No such table\n"),
        ("clear table t_src", ""), ("set table t_src key junk", "!Invalid key\n"),
    ])
    func texts(line: String, answer: String) throws {
        // The stored rate of this table is one of connections.
        #expect(try run(line) == answer.replacing("gpc0_rate", with: "conn_rate"))
    }

    @Test func changesAreSeen() throws {
        let shown = try run(
            "set table t_src key 127.0.0.9 data.gpc0 5",
            "clear table t_src key 127.0.0.1",
            "show table t_src"
        )
        #expect(shown.hasSuffix("key=127.0.0.9 use=0 exp=0 gpc0=5 conn_rate(10000)=0\n"))
        #expect(!shown.contains("127.0.0.1"))
        #expect(try run("show table t6").contains("key=::ffff:192.0.2.1 use=0 exp=0 gpc0=0 conn_rate(10000)=3"))
        let header = "# table: t6, type: ipv6, size:10, used:1\n# contents not dumped due to insufficient privileges\n"
        #expect(try run("show table t6", level: .user) == header)
    }
}
