// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BalancerTests {
    @Test(arguments: [1, 2])
    func handsTheChannelToThePool(threads: Int) async throws {
        try await Bench.run(Bench.settings(servers: [Bench.pool()]), threads: threads) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            let header = try #require(bench.pool.headers.withLock { $0.first })
            #expect(header.command == .proxy)
            #expect(header.source == client.channel.localAddress)
            #expect(header.destination == client.channel.remoteAddress)
            let session = try #require(bench.balancer.sessions().first)
            #expect(header.values == [.init(type: 5, value: [0, 0, 0, 0, 0, 0, 0, UInt8(session.id)])])
            #expect(session.server == "here")
            try await client.send("MAIL\r\n")
            try await client.expect("220 127.0.0.1\r\n250 ok\r\n")
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/here")
            #expect(line.message.hasSuffix(" -- 1/1/0/0/0 0/0"))
            #expect(line.message.contains(" [24/Nov/2026:08:35:59.168] ft bk/here 0/0/"))
            #expect(line.message.contains(" 33 -- "))
            #expect(line.session == session.id)
            try await bench.settle()
            for (proxy, service) in [("ft", "FRONTEND"), ("bk", "here"), ("bk", "BACKEND")] {
                let row = try #require(bench.row(service, of: proxy))
                #expect(row.statistics.sessions.total == 1)
                #expect(row.statistics.sessions.current == 0)
                #expect(row.statistics.bytesIn.value == 12)
                #expect(row.statistics.bytesOut.value == 33)
                #expect(row.statistics.replies[1].value == 3)
                #expect(row.statistics.transactions.value == 1)
            }
            #expect(bench.row("here")?.status == "no check")
        }
    }
}
