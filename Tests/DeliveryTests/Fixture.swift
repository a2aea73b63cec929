// SPDX-License-Identifier: Apache-2.0

import Delivery
import NIOCore
import NIOPosix
import Spooling
import Statistics
import Support
import Synchronization

/// The lines a courier logs, without the process id: `relaybox/smtp: text`.
final class LogBook: LogSink {
    private let records = Mutex<[LogRecord]>([])

    func write(_ record: LogRecord) {
        records.withLock { $0.append(record) }
    }

    var lines: [String] { records.withLock { $0.map { "\($0.identifier): \($0.message)" } } }
    var all: [LogRecord] { records.withLock { $0 } }

    func lines(with part: String) -> [String] { lines.filter { $0.contains(part) } }
}

/// A courier with a spool in memory in front of it, on two event loops of its own.
final class Fixture: Sendable {
    let clock = TestClock()
    let spool: MemorySpool
    let log = LogBook()
    let courier: Courier
    let group: MultiThreadedEventLoopGroup

    init(port: Int?, host: String = "127.0.0.1", loops: Int = 2, _ adjust: (inout DeliverySettings) -> Void = { _ in })
    {
        var settings = Fixture.settings
        settings.relayHost = port.map { .init(host: host, port: $0) }
        adjust(&settings)
        group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let clock = clock
        spool = MemorySpool { clock.now }
        courier = Courier(settings: settings, spool: spool, group: group, log: log) { clock.now }
    }

    static var settings: DeliverySettings {
        var settings = DeliverySettings()
        settings.hostname = "relay.example"
        settings.connectionIdleTime = 60_000
        return settings
    }

    /// Puts a message into the queue and tells the courier, as a session does.
    @discardableResult
    func send(
        from sender: String = "s@a.example",
        to recipients: [String] = ["r@b.example"],
        body: String = "Subject: x\r\n\r\nhello\r\n",
        traits: BodyTraits = []
    ) -> QueueID {
        let message = spool.add(Fixture.envelope(from: sender, to: recipients, traits: traits), body: body)
        courier.deliver(message)
        return message.envelope.id
    }

    static func envelope(from sender: String, to recipients: [String], traits: BodyTraits = []) -> Envelope {
        Envelope(
            id: QueueID(value: 1),
            sender: sender,
            recipients: recipients.map { Recipient(address: $0) },
            arrival: 0,
            size: 0,
            traits: traits
        )
    }

    func end() async {
        await courier.shutDown(grace: 2_000)
        try? await group.shutdownGracefully()
    }
}

/// Waits until something has become so; false when it has not after so many looks, five milliseconds apart or more, so that
/// the test fails and does not hang.
func eventually(tries: Int = 2_000, _ condition: @Sendable () -> Bool) async -> Bool {
    for _ in 0..<tries {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
