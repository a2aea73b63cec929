// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import NIOCore
import NIOPosix
import Statistics
import Support
import Synchronization
import Testing

/// The whole way: sockets of the operating system, the session machine, the commands, and the client on the other side.
@Suite struct ControlServerTests {
    private final class Console: Sendable {
        private let state = Mutex<(output: String, complaints: [String])>(("", []))
        var output: String { state.withLock { $0.output } }
        var complaints: [String] { state.withLock { $0.complaints } }
        var door: ClientConsole {
            ClientConsole(
                isTerminal: false,
                hasColours: false,
                write: { bytes in self.state.withLock { $0.output += String(decoding: bytes, as: UTF8.self) } },
                complain: { text in self.state.withLock { $0.complaints.append(text) } }
            )
        }
    }

    private func withServer(
        level: AccessLevel = .admin,
        maximumConnections: Int = 10,
        operations: ControlOperations = Fixtures.operations(),
        _ body: (String, ControlServer) async throws -> Void
    ) async throws {
        let path = "/tmp/relaybox-control-\(UInt64.random(in: 0..<UInt64.max)).sock"
        var socket = StatsSocketSettings(address: .unix(path: path))
        socket.mode = 0o600
        socket.level = level
        var settings = ControlSettings()
        settings.sockets = [socket]
        settings.maximumConnections = maximumConnections
        let server = ControlServer(
            settings: settings,
            operations: operations,
            group: MultiThreadedEventLoopGroup.singleton,
            inheritedSocket: { _ in nil },
            log: SilentLog()
        )
        try await server.start()
        do {
            try await body(path, server)
        } catch {
            await server.shutDown()
            throw error
        }
        await server.shutDown()
    }

    /// A server that is not started, without systemd's sockets.
    private func server(at address: BindSettings.Address) -> ControlServer {
        var settings = ControlSettings()
        settings.sockets = [StatsSocketSettings(address: address)]
        return ControlServer(
            settings: settings,
            operations: Fixtures.operations(),
            group: MultiThreadedEventLoopGroup.singleton,
            inheritedSocket: { _ in nil },
            log: SilentLog()
        )
    }

    /// Sends bytes as they are and returns everything up to the end.
    private func talk(_ text: String, to path: String) async throws -> String {
        var answer = ByteBuffer()
        try await StatsDialer.ask(.unix(path: path), text) { answer.writeImmutableBuffer($0) }
        return String(buffer: answer)
    }

    @Test(arguments: [
        ("show version\n", "0.1.0\n\n"),
        ("show version\r\nshow cli level\r\n", "0.1.0\n\nadmin\n\n"),
        ("show version;show cli level\n", "0.1.0\n\nadmin\n\n"),
        ("prompt\nshow version\nquit\n", "\n> 0.1.0\n\n> "),
        ("enable server bk_smtp/m1\n", "\n"),
        ("operator;show cli level;disable server bk_smtp/m1\n", "\noperator\n\nPermission denied\n\n"),
        ("set severity-output number;get weight x/y\n", "\n[3]:No such backend.\n\n"),
        ("set severity-output string;get weight x/y\n", "\n[err]:No such backend.\n\n"),
        ("quit\n", ""),
    ])
    func answers(question: String, answer: String) async throws {
        try await withServer { path, _ in
            let seen = try await talk(question, to: path)
            #expect(seen == answer)
        }
    }

    @Test func tooLongALineIsRefused() async throws {
        try await withServer { path, _ in
            let answer = try await talk(String(repeating: "x", count: 20_000), to: path)
            #expect(answer == "Command line longer than 16384 bytes.\n\n")
        }
    }

    @Test func longAnswersArriveWhole() async throws {
        try await withServer(operations: Fixtures.operations(spool: ListedSpool(count: 5_000))) { path, _ in
            let answer = try await talk("queue list;show version\n", to: path)
            #expect(answer.hasSuffix("-- 4883 Kbytes in 5000 Requests.\n\n0.1.0\n\n"))
            #expect(answer.split(separator: "\n").count == 1 + 10_000 + 2)
        }
    }

    @Test func clientsBeyondTheLimitWait() async throws {
        try await withServer(maximumConnections: 1) { path, _ in
            async let first = talk("show version\n", to: path)
            async let second = talk("show version\n", to: path)
            async let third = talk("show version\n", to: path)
            let answers = try await [first, second, third]
            #expect(answers == ["0.1.0\n\n", "0.1.0\n\n", "0.1.0\n\n"])
        }
    }

    @Test func aSocketInUseIsNotTakenAndAStaleOneIs() async throws {
        try await withServer { path, _ in
            let rival = server(at: .unix(path: path))
            await #expect(
                throws: ControlError(socket: "unix@\(path)", reason: "another process listens on it")
            ) { try await rival.start() }
            await rival.shutDown()
            let answer = try await talk("show version\n", to: path)
            #expect(answer == "0.1.0\n\n")
        }
    }

    @Test func aReloadClosesAndOpens() async throws {
        try await withServer { path, server in
            var settings = ControlSettings()
            settings.sockets = [StatsSocketSettings(address: .ip(host: "127.0.0.1", port: 0))]
            try await server.reload(settings)
            let port = try #require(server.port)
            await #expect(throws: DialError.missing(.unix(path: path))) { try await talk("show version\n", to: path) }
            let console = Console()
            let code = await StatsCommand.run(
                socket: "127.0.0.1:\(port)",
                words: ["show", "cli", "level"],
                console: console.door
            )
            #expect(code == 0)
            #expect(console.output == "operator\n")
        }
    }

    @Test func aSystemdSocketThatIsNotThereIsNamed() async throws {
        let server = server(at: .systemd(name: "stats"))
        await #expect(
            throws: ControlError(socket: "systemd@stats", reason: "systemd passed no socket of this name")
        ) { try await server.start() }
        await server.shutDown()
    }

    @Test func aSystemdSocketIsSharedAndItsFileStays() async throws {
        let path = "/tmp/relaybox-systemd-\(UInt64.random(in: 0..<UInt64.max)).sock"
        let (file, descriptor) = try SocketFile.make(StatsSocketSettings(address: .unix(path: path)), at: path)
        var settings = ControlSettings()
        settings.sockets = [StatsSocketSettings(address: .systemd(name: "stats"))]
        // Twice on the same descriptor: a server closes its own copy, not the one it was given.
        for _ in 0..<2 {
            let server = ControlServer(
                settings: settings,
                operations: Fixtures.operations(),
                group: MultiThreadedEventLoopGroup.singleton,
                inheritedSocket: { $0 == .systemd(name: "stats") ? descriptor : nil },
                log: SilentLog()
            )
            try await server.start()
            let answer = try await talk("show cli sockets\n", to: path)
            #expect(answer == "# socket lvl processes\nsystemd@stats operator all\n\n")
            await server.shutDown()
        }
        file.remove()
    }

    @Test func whatAdministratorsDoIsLogged() async throws {
        final class Lines: LogSink {
            let journal = Journal()
            func write(_ record: LogRecord) { journal.note(record.message) }
        }
        let lines = Lines()
        var socket = StatsSocketSettings(address: .ip(host: "127.0.0.1", port: 0))
        socket.level = .admin
        var settings = ControlSettings()
        settings.sockets = [socket]
        let server = ControlServer(
            settings: settings,
            operations: Fixtures.operations(),
            group: MultiThreadedEventLoopGroup.singleton,
            inheritedSocket: { _ in nil },
            log: lines
        )
        try await server.start()
        let port = try #require(server.port)
        let commands = "show info;disable server bk_smtp/m1;disable server x/y\n"
        try await StatsDialer.ask(.ip(host: "127.0.0.1", port: port), commands) { _ in }
        await server.shutDown()
        #expect(
            lines.journal.entries == [
                "stats socket: disable server bk_smtp/m1",
                "stats socket: disable server x/y: refused: No such backend.",
            ]
        )
    }

    @Test func theClientPrintsAndExits() async throws {
        let operations = Fixtures.operations(spool: ListedSpool(count: 2))
        try await withServer(operations: operations) { path, _ in
            let cases: [([String], Int32, String, [String])] = [
                (["show", "version"], 0, "0.1.0\n", []),
                (["get", "weight", "x/y"], 1, "", ["No such backend."]),
                (["show version;show cli level"], 0, "0.1.0\n\nadmin\n", []),
                (["a\nb"], 2, "", ["a runtime command is one line."]),
            ]
            for (words, code, output, complaints) in cases {
                let console = Console()
                let seen = await StatsCommand.run(socket: path, words: words, console: console.door)
                #expect(seen == code)
                #expect(console.output == output)
                #expect(console.complaints == complaints)
            }
            let table = Console()
            let tableCode = await StatsCommand.run(socket: path, words: [], console: table.door)
            #expect(tableCode == 0)
            #expect(table.output.contains("\nbk_smtp  m1"))
            let queue = Console()
            let queueCode = await QueueCommand.run(socket: path, words: ["list"], console: queue.door)
            #expect(queueCode == 0)
            #expect(queue.output.hasSuffix("to@example.net\n\n-- 2 Kbytes in 2 Requests.\n"))
            let unknown = Console()
            let words = ["show", "6000000000009"]
            let unknownCode = await QueueCommand.run(socket: path, words: words, console: unknown.door)
            #expect(unknownCode == 1)
            #expect(unknown.complaints == ["No such message: 6000000000009 (use 'queue list')."])
        }
    }

    /// Whoever is at the other end closes without an answer, or in the middle of one.
    @Test(arguments: [ScriptedPeer.Behaviour.close, .raw("\n"), .raw("\nhalf an"), .raw("\nhalf an\nanswer\n")])
    func aConnectionThatEndsTooEarlyIsAnExitCode(_ behaviour: ScriptedPeer.Behaviour) async throws {
        let peer = try await ScriptedPeer { _, occurrence, _ in occurrence == 1 ? behaviour : nil }
        let console = Console()
        async let code = QueueCommand.run(socket: "127.0.0.1:\(peer.port)", words: ["list"], console: console.door)
        for _ in 0..<2_000 where peer.connections == 0 || peer.commands.count < 2 {
            if case .close = behaviour, peer.connections > 0 { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        await peer.shutDown()
        #expect(await code == 1)
        #expect(console.complaints.count == 1)
    }

    @Test func anAnswerThatBreaksOffIsAnExitCode() async throws {
        let spool = ListedSpool(count: 300)
        try await withServer(operations: Fixtures.operations(spool: spool)) { path, _ in
            for (words, count) in [(["list", "--json"], 200), (["list"], 601), (["delete", "ALL"], 1)] {
                spool.healthyReads.withLock { $0 = 1 }
                let console = Console()
                let code = await QueueCommand.run(socket: path, words: words, console: console.door)
                #expect(code == 1)
                #expect(console.complaints == ["The spool failed: cannot read it: Input/output error"])
                #expect(console.output.split(separator: "\n", omittingEmptySubsequences: true).count <= count)
            }
            spool.healthyReads.withLock { $0 = 1 }
            try await StatsDialer.ask(.unix(path: path), "queue summary json\n") { piece in
                #expect(!String(buffer: piece).contains("[3]:"))
            }
        }
    }

    @Test(arguments: [
        ("/tmp/relaybox-no-such.sock", Int32(1), "there is no stats socket at /tmp/relaybox-no-such.sock."),
        ("nonsense", 2, "'nonsense' is no stats socket"),
    ])
    func connectErrorsAreWords(socket: String, code: Int32, start: String) async {
        let console = Console()
        let seen = await StatsCommand.run(socket: socket, words: [], console: console.door)
        #expect(seen == code)
        #expect(console.complaints.count == 1)
        #expect(console.complaints.first?.hasPrefix(start) == true)
    }
}
