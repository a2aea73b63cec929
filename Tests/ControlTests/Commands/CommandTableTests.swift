// SPDX-License-Identifier: Apache-2.0

import Control
import Testing

@Suite struct CommandTableTests {
    /// Answers of HAProxy 2.6.12 to the same lines; `!` marks an error.
    @Test(arguments: [
        ("show version", "0.1.0\n"),
        ("show cli level", "admin\n"),
        ("show cli sockets", "# socket lvl processes\nunix@/run/relaybox/stats.sock admin all\n"),
        ("show backend", "# name\nbk_smtp\n"),
        ("show table", ""),
        ("show table x", "!No such table\n"),
        ("show errors", "Total events captured on [14/Nov/2023:22:13:20.000] : 0\n"),
        ("show sess 0x1", "!Session not found.\n"),
        ("show servers state nope", "!Can't find backend.\n"),
        ("show stat nope 1 1", "!No such proxy.\n"),
        ("disable server", "!Require 'backend/server'.\n"),
        ("disable server x", "!Require 'backend/server'.\n"),
        ("disable server x/y", "!No such backend.\n"),
        ("disable server bk_smtp/zz", "!No such server.\n"),
        ("disable server bk_smtp/m1", ""),
        ("enable server bk_smtp/m1", ""),
        ("set server bk_smtp/m1 state", "!'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"),
        ("set server bk_smtp/m1 state up", "!'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"),
        ("set server x/m1 state up", "!No such backend.\n"),
        ("set server bk_smtp/m1 weight", "!Require <weight> or <weight%>.\n"),
        ("set weight bk_smtp/m1", "!Require <weight> or <weight%>.\n"),
        ("set weight bk_smtp/m1 abc", "!Empty weight string empty or preceded by garbage\n"),
        ("set weight bk_smtp/m1 5x", "!Trailing garbage in weight string\n"),
        ("set weight bk_smtp/m1 300", "!Absolute weight can only be between 0 and 256 inclusive.\n"),
        ("set weight bk_smtp/m1 -1", "!Absolute weight can only be between 0 and 256 inclusive.\n"),
        ("set weight bk_smtp/m1 10%", ""),
        ("get weight", "!Require 'backend/server'.\n"),
        ("get weight bk_smtp/q", "!No such server.\n"),
        ("get weight bk_smtp/m1", "5 (initial 10)\n"),
        ("set server bk_smtp/m1 agent up", "!agent checks are not enabled on this server.\n"),
        ("shutdown session", "!Session pointer expected (use 'show sess').\n"),
        ("shutdown session abc", "!Session pointer expected (use 'show sess').\n"),
        ("shutdown session 0x1", "!No such session (use 'show sess').\n"),
        ("shutdown session 0x2a", ""),
        ("shutdown sessions server bk_smtp", "!Require 'backend/server'.\n"),
        ("shutdown sessions server bk_smtp/m1", ""),
        ("disable frontend", "!A frontend name is expected.\n"),
        ("disable frontend bk_smtp", "!No such frontend.\n"),
        ("disable frontend ft_smtp", ""),
        ("enable frontend ft_smtp", "!All sockets are already enabled.\n"),
        ("set timeout", "!'set timeout' only supports 'cli'.\n"),
        ("set timeout cli", "!Expects an integer value.\n"),
        ("set timeout cli x", "!Invalid timeout value.\n"),
        ("set timeout cli 0", "!Invalid timeout value.\n"),
        ("set timeout cli 9999999999999999", "!Invalid timeout value.\n"),
        ("set timeout cli 60", "timeout(60000)"),
        ("set timeout cli 2m", "timeout(120000)"),
        ("prompt", "togglePrompt"),
        ("quit", "quit"),
    ])
    func texts(line: String, answer: String) {
        #expect(Fixtures.run(line) == answer)
    }

    @Test(
        arguments: [
            ("disable server bk_smtp/m1", ["bk_smtp/m1 maintenance"]),
            ("enable server bk_smtp/m1", ["bk_smtp/m1 ready"]),
            ("set server bk_smtp/m1 state drain", ["bk_smtp/m1 drain"]),
            ("set server bk_smtp/m1 weight 256", ["bk_smtp/m1 weight 256"]),
            ("set weight bk_smtp/m1 50%", ["bk_smtp/m1 weight 50%"]),
            ("shutdown session 0x2a", ["session 42"]),
            ("shutdown sessions server bk_smtp/here", ["sessions of bk_smtp/here"]),
            ("disable frontend ft_smtp", ["ft_smtp false"]),
            ("set weight bk_smtp/m1 300", []),
        ] as [(String, [String])]
    )
    func whatIsDone(line: String, entries: [String]) {
        let journal = Journal()
        _ = Fixtures.run(line, Fixtures.operations(journal))
        #expect(journal.entries == entries)
    }

    /// The least level of every command, as HAProxy 2.6 has them.
    @Test(arguments: [
        ("show info", AccessLevel.user), ("show stat", .user), ("show version", .user), ("show backend", .user),
        ("show servers state", .user), ("get weight bk_smtp/m1", .user), ("show table", .user),
        ("show sess", .operator), ("show errors", .operator), ("clear counters", .operator),
        ("show cli sockets", .operator), ("queue list", .operator), ("operator", .operator),
        ("clear counters all", .admin), ("disable server bk_smtp/m1", .admin), ("set weight bk_smtp/m1 1", .admin),
        ("set server bk_smtp/m1 state ready", .admin), ("shutdown session 0x2a", .admin),
        ("disable frontend ft_smtp", .admin), ("queue flush", .admin), ("queue delete ALL", .admin),
        ("show acl", .operator), ("get acl #0 ::1", .operator), ("add acl #0 ::1", .admin), ("del acl #0 ::1", .admin),
        ("clear acl #0", .admin), ("set table t key ::1", .admin), ("clear table t", .admin),
    ])
    func levels(line: String, least: AccessLevel) {
        for level in [AccessLevel.user, .operator, .admin] {
            let isDenied = Fixtures.run(line, level: level) == "!Permission denied\n"
            #expect(isDenied == (level < least), "\(line) at \(level.name)")
        }
    }

    @Test(arguments: [
        ("shw info", "show info"), ("show inof", "show info"), ("set", "set weight"), ("disable", "disable frontend"),
    ])
    func unknownCommandsGetSuggestions(line: String, command: String) {
        let text = Fixtures.run(line)
        #expect(text.hasPrefix("!Unknown command, but maybe one of the following ones is a better match:\n"))
        #expect(text.contains("\n  \(command)"))
        #expect(text.hasSuffix("  quit                                    : close the connection\n"))
    }

    @Test(arguments: ["", "xyzzy", "zz top"])
    func hopelessCommandsGetTheList(line: String) {
        let text = Fixtures.run(line)
        #expect(text.hasPrefix("!Unknown command. Please enter one of the following commands only:\n"))
        #expect(text.contains("  show info"))
    }

    @Test func helpShowsWhatTheLevelMayDo() {
        #expect(Fixtures.run("help").hasPrefix("The following commands are valid at this level:\n"))
        #expect(Fixtures.run("help").contains("  disable server <bk>/<srv>               : "))
        #expect(!Fixtures.run("help", level: .user).contains("disable server"))
        #expect(!Fixtures.run("help show").contains("disable server"))
        for line in Fixtures.run("help").split(separator: "\n") { #expect(!line.isEmpty) }
    }

    @Test func sessionsAreLines() {
        let lines = Fixtures.run("show sess").split(separator: "\n")
        let first: String = [
            "0x2a: proto=tcpv4 src=192.0.2.1:40000 fe=ft_smtp be=bk_smtp srv=m1 ts=00 epoch=0 age=2m48s calls=0 rate=0",
            " cpu=0 lat=0 phase=data exp= rc=0 c_exp=",
        ].joined()
        let second: String = [
            "0x2b: proto=tcpv6 src=[2001:db8::1]:40000 fe=ft_smtp be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=0",
            " rate=0 cpu=0 lat=0 phase=- exp= rc=0 c_exp=",
        ].joined()
        #expect(lines.map(String.init) == [first, second])
        #expect(Fixtures.run("show sess 0x2a").split(separator: "\n") == [lines[0]])
    }

    @Test func serverStatesAreAStateFile() {
        let lines = Fixtures.run("show servers state").split(separator: "\n")
        #expect(lines[0] == "1")
        #expect(lines[1].split(separator: " ").count == 26)
        #expect(lines[2] == "3 bk_smtp 1 m1 127.0.0.1 2 0 10 10 15 3 4 6 0 0 0 0 - 32601 - 0 0 - - 0")
        #expect(lines[3].split(separator: " ").count == 25)
        #expect(Fixtures.run("show servers state bk_smtp") == Fixtures.run("show servers state"))
    }

    @Test(arguments: [
        ("", 6), ("3 4 -1", 4), ("3 4 2", 1), ("bk_smtp 2 -1", 1), ("-1 1 -1", 1), ("9 -1 -1", 0), ("up", 4),
        ("no-maint", 5), ("3", 6), ("unknown", 6), ("bk_smtp 4 1 typed up", 1),
    ])
    func statFilters(words: String, rows: Int) {
        let request = StatRequest(CommandWords.words(in: words))
        #expect(request.select(from: Fixtures.rows)?.count == rows)
    }
}
