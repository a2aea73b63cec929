// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import NIOPosix
import ProxyProtocol
import SMTP
import Statistics
import Synchronization

/// A log that remembers.
final class Journal: LogSink {
    private let storage = Mutex<[LogRecord]>([])
    func write(_ record: LogRecord) { storage.withLock { $0.append(record) } }
    var records: [LogRecord] { storage.withLock { $0 } }
    var lines: [String] { records.map(\.message) }

    /// Waits for a line that contains `text`.
    func line(containing text: String) async throws -> LogRecord {
        do {
            try await eventually("a line with \(text)") { records.contains { $0.message.contains(text) } }
        } catch {
            throw Impatient(description: "no line with \(text.debugDescription) in \(lines)")
        }
        return records.first { $0.message.contains(text) } ?? LogRecord(from: "", "")
    }
}

/// A pool for tests: says what the header said, answers every line with 250, ends when it is asked to.
final class StubPool: Sendable {
    let headers = Mutex<[ProxyHeader]>([])
    let requests = Mutex<[SessionEndRequest.Reason]>([])

    var entrance: PoolEntrance {
        { channel, header in
            var decoder = ProxyHeaderDecoder()
            var header = header
            guard case .header(let value) = decoder.decode(&header), header.readableBytes == 0 else {
                channel.close(promise: nil)
                return
            }
            self.headers.withLock { $0.append(value) }
            try? channel.pipeline.syncOperations.addHandler(StubSession(self, value))
        }
    }
}

private final class StubSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let pool: StubPool
    private let header: ProxyHeader

    init(_ pool: StubPool, _ header: ProxyHeader) {
        self.pool = pool
        self.header = header
    }

    func handlerAdded(context: ChannelHandlerContext) {
        say(context, "220 \(header.source?.ipAddress ?? "-")\r\n", .greeting)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        for line in text.split(separator: "\r\n") {
            switch line {
            case "QUIT":
                say(context, "221 bye\r\n", .closed)
                context.close(promise: nil)
            case "MAIL": say(context, "250 ok\r\n", .mail)
            default: say(context, "250 \(line)\r\n", .ready)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let request = event as? SessionEndRequest {
            pool.requests.withLock { $0.append(request.reason) }
            say(context, "421 4.3.2 \(request.reason)\r\n", .closed)
            context.close(promise: nil)
        } else if case ChannelEvent.inputClosed = event {
            context.close(promise: nil)
        }
    }

    private func say(_ context: ChannelHandlerContext, _ text: String, _ phase: SessionReport.Phase) {
        let code = Int(text.prefix(3)) ?? 0
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        let report = SessionReport(phase: phase, messages: 0, lastReplyCode: code)
        context.triggerUserOutboundEvent(report, promise: nil)
    }
}

/// A balancer on the loopback, with a frontend `ft` on a free port and a backend `bk`, as a test wants them.
final class Bench: Sendable {
    let balancer: Balancer
    let journal = Journal()
    let pool = StubPool()
    let settings: BalancerSettings
    private let group: MultiThreadedEventLoopGroup

    static func settings(
        servers: [ServerSettings],
        _ change: (inout FrontendSettings, inout BackendSettings) -> Void = { _, _ in }
    ) -> BalancerSettings {
        var frontend = FrontendSettings(name: "ft")
        frontend.binds = [BindSettings(address: .ip(host: "127.0.0.1", port: 0))]
        frontend.defaultBackend = "bk"
        frontend.logs = true
        frontend.tcpLog = true
        var backend = BackendSettings(name: "bk")
        backend.servers = servers
        change(&frontend, &backend)
        var settings = BalancerSettings()
        settings.frontends = [frontend]
        settings.backends = [backend]
        settings.hostname = "relay.example.net"
        settings.order = ["ft", "bk"]
        return settings
    }

    static func pool(_ name: String = "here") -> ServerSettings {
        ServerSettings(name: name, target: .pool(name: "inbound"))
    }

    static func server(_ name: String, _ port: Int, _ change: (inout ServerSettings) -> Void = { _ in })
        -> ServerSettings
    {
        var settings = ServerSettings(name: name, target: .tcp(host: "127.0.0.1", port: port))
        change(&settings)
        return settings
    }

    init(
        _ settings: BalancerSettings,
        threads: Int = 2,
        inherited: @escaping InheritedSockets = { _ in nil },
        entrance: PoolEntrance? = nil
    ) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        self.settings = settings
        balancer = Balancer(
            settings: settings,
            group: group,
            pools: ["inbound": entrance ?? pool.entrance],
            inherited: inherited,
            log: journal,
            now: { 1_795_509_359_168 }
        )
        try await balancer.start()
    }

    /// Runs a test against a balancer and takes it down again.
    static func run(
        _ settings: BalancerSettings,
        threads: Int = 2,
        inherited: @escaping InheritedSockets = { _ in nil },
        entrance: PoolEntrance? = nil,
        _ body: (Bench) async throws -> Void
    ) async throws {
        let bench = try await Bench(settings, threads: threads, inherited: inherited, entrance: entrance)
        do {
            try await body(bench)
        } catch {
            await bench.stop()
            throw error
        }
        await bench.stop()
    }

    func stop() async {
        await balancer.shutDown(grace: 0)
        try? await group.shutdownGracefully()
    }

    func client(_ frontend: String = "ft", reads: Bool = true) async throws -> Wire {
        guard let address = balancer.addresses(of: frontend).first else {
            throw Impatient(description: "not listening")
        }
        return try await Wire.connect(to: address, reads: reads)
    }

    func row(_ service: String, of proxy: String = "bk") -> StatisticsRow? {
        balancer.rows().first { $0.proxy == proxy && $0.service == service }
    }

    /// Waits until no session is left.
    func settle() async throws {
        try await eventually("no session") { balancer.sessions().isEmpty }
    }
}
