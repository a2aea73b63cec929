// SPDX-License-Identifier: Apache-2.0

import Balancing
import Glibc
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FrontendListenerTests {
    private func settings(_ addresses: [BindSettings.Address], v4v6: Bool = false) -> BalancerSettings {
        Bench.settings(servers: [Bench.pool()]) { frontend, _ in
            frontend.binds = addresses.map { address in
                var bind = BindSettings(address: address)
                bind.acceptsIPv4 = v4v6
                return bind
            }
        }
    }

    @Test(arguments: [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "::1")])
    func listensOn(host: String, reachedAt target: String) async throws {
        try await Bench.run(settings([.ip(host: host, port: 0)])) { bench in
            let port = try #require(bench.balancer.addresses(of: "ft").first?.port)
            // More connections than loops, so that each loop's socket gets some.
            for _ in 0..<20 {
                let client = try await Wire.connect(to: SocketAddress(ipAddress: target, port: port))
                try await client.expect("220 \(target)\r\n")
                await client.close()
            }
        }
    }

    @Test(arguments: [false, true])
    func anIPv6AddressIsIPv6OnlyUnlessTold(v4v6: Bool) async throws {
        try await Bench.run(settings([.ip(host: "::", port: 0)], v4v6: v4v6)) { bench in
            let port = try #require(bench.balancer.addresses(of: "ft").first?.port)
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
            let client = try? await Wire.connect(to: address)
            // Somebody else may have the port on the other family.
            if v4v6 { try await client?.expect("220 127.0.0.1\r\n") }
            #expect((bench.row("FRONTEND", of: "ft")?.statistics.sessions.total == 1) == v4v6)
            await client?.close()
        }
    }

    @Test func takesSeveralAddresses() async throws {
        try await Bench.run(settings([.ip(host: "127.0.0.1", port: 0), .ip(host: "::1", port: 0)])) { bench in
            for address in bench.balancer.addresses(of: "ft") {
                try await Wire.connect(to: address).expect("220 \(address.ipAddress ?? "")\r\n")
            }
            #expect(bench.balancer.addresses(of: "ft").count == 2)
        }
    }

    private func temporaryPath() throws -> String {
        var template = Array("/tmp/relaybox-listener-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template) else { throw Impatient(description: "no folder") }
        return String(cString: folder) + "/socket"
    }

    /// Reloads exchange the addresses of two frontends while clients come: each leaves where it was counted.
    @Test func aConnectionCountsWhereItLeaves() async throws {
        let paths = [try temporaryPath(), try temporaryPath()]
        var settings = Bench.settings(servers: [Bench.pool()])
        settings.frontends = ["a", "b"].map { name in
            var frontend = settings.frontends[0]
            frontend.name = name
            return frontend
        }
        let courses = [paths, paths.reversed()].map { paths in
            var settings = settings
            for (index, path) in paths.enumerated() {
                settings.frontends[index].binds = [BindSettings(address: .unix(path: path))]
            }
            return settings
        }
        try await Bench.run(courses[0]) { bench in
            let balancer = bench.balancer
            let reloading = Task {
                var round = 0
                while !Task.isCancelled {
                    round += 1
                    try await balancer.reload(courses[round % 2])
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for path in paths {
                    clients.addTask {
                        for _ in 0..<250 {
                            let client = try await Wire.connect(to: SocketAddress(unixDomainSocketPath: path))
                            await client.close()
                        }
                    }
                }
                try await clients.waitForAll()
            }
            reloading.cancel()
            try await reloading.value
            // why: the last ones were accepted by nobody yet, or have not left yet.
            try await eventually("all have come") {
                ["a", "b"].reduce(0) { $0 + (bench.row("FRONTEND", of: $1)?.statistics.sessions.total ?? 0) } == 500
            }
            try await bench.balancer.reload(courses[0])
            for (name, path) in zip(["a", "b"], paths) {
                var line = ""
                // actconn/feconn of a client that is alone
                for _ in 0..<20 where !line.contains(" 1/1/") {
                    try await bench.settle()
                    let client = try await Wire.connect(to: SocketAddress(unixDomainSocketPath: path))
                    try await client.send("QUIT\r\n")
                    try await client.expectEnd()
                    await client.close()
                    try await bench.settle()
                    line = bench.journal.lines.last { $0.contains("] \(name) bk/here ") } ?? "none"
                }
                #expect(line.contains(" 1/1/"), "\(line)")
            }
        }
    }

    @Test func takesUnixSockets() async throws {
        let path = try temporaryPath()
        let address = try SocketAddress(unixDomainSocketPath: path)
        // The second round finds the first one's file.
        for _ in 0..<2 {
            try await Bench.run(settings([.unix(path: path)])) { bench in
                for _ in 0..<4 {
                    let client = try await Wire.connect(to: address)
                    try await client.expect("220 -\r\n")
                }
                #expect(bench.balancer.sessions().allSatisfy { $0.transport == "unix_stream" })
            }
        }
        // Somebody who listens is not pushed aside, and neither is a file that is no socket.
        try await Bench.run(settings([.unix(path: path)])) { _ in
            await #expect(throws: ListenError.self) { _ = try await Bench(settings([.unix(path: path)])) }
        }
        unlink(path)
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        await #expect(throws: ListenError.self) { _ = try await Bench(settings([.unix(path: path)])) }
        unlink(path)
    }

    @Test func namesTheAddressThatIsTaken() async throws {
        let other = try await StubServer()
        do {
            _ = try await Bench(settings([.ip(host: "127.0.0.1", port: other.port)]))
            Issue.record("it listens")
        } catch let error as ListenError {
            #expect(
                error.description
                    == "frontend ft: cannot listen on 127.0.0.1:\(other.port): Address already in use"
            )
        }
        await other.close()
        do {
            _ = try await Bench(settings([.systemd(name: "smtp")]))
            Issue.record("it listens")
        } catch let error as ListenError {
            #expect(error.description.contains("systemd@smtp: systemd passed no socket with FileDescriptorName=smtp"))
        }
    }

    /// A listening socket on the loopback as systemd would pass it.
    private func inheritedSocket() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 16) == 0)
        return descriptor
    }

    @Test func borrowsInheritedSockets() async throws {
        let descriptor = try inheritedSocket()
        for _ in 0..<2 {
            let settings = settings([.systemd(name: "smtp")])
            try await Bench.run(settings, inherited: { $0 == .systemd(name: "smtp") ? descriptor : nil }) { bench in
                for _ in 0..<8 { try await bench.client().expect("220 127.0.0.1\r\n") }
            }
            // The socket is still open, for the next one who takes it.
            #expect(fcntl(descriptor, F_GETFD) >= 0)
        }
        close(descriptor)
    }

    // MARK: Limits

    @Test(arguments: [true, false])
    func aLimitLetsFurtherClientsWait(global: Bool) async throws {
        var settings = settings([.ip(host: "127.0.0.1", port: 0)])
        if global { settings.maximumConnections = 2 } else { settings.frontends[0].maximumConnections = 2 }
        try await Bench.run(settings) { bench in
            var clients: [Wire] = []
            for _ in 0..<6 { clients.append(try await bench.client()) }
            try await eventually("two served") { clients.count { !$0.received.isEmpty } == 2 }
            #expect(bench.balancer.sessions().count == 2)
            if !global { #expect(bench.row("FRONTEND", of: "ft")?.status == "FULL") }
            // One ends, one gets in, and so on to the last.
            for served in 3...6 {
                let next = try #require(clients.first { !$0.received.isEmpty && !$0.isClosed })
                await next.close()
                try await eventually("\(served) served") { clients.count { !$0.received.isEmpty } == served }
                #expect(bench.row("FRONTEND", of: "ft")?.statistics.sessions.maximum == 2)
            }
        }
    }

    @Test func aPausedFrontendLetsClientsWait() async throws {
        try await Bench.run(settings([.ip(host: "127.0.0.1", port: 0)])) { bench in
            try bench.balancer.set(frontend: "ft", accepting: false)
            #expect(bench.row("FRONTEND", of: "ft")?.status == "STOP")
            let client = try await bench.client()
            try await Task.sleep(for: .milliseconds(30))
            #expect(client.received.isEmpty)
            try bench.balancer.set(frontend: "ft", accepting: true)
            try await client.expect("220 127.0.0.1\r\n")
            #expect(bench.journal.lines.prefix(2) == ["Paused frontend ft.", "Resumed frontend ft."])
            #expect(throws: OperationError.noSuchFrontend) {
                try bench.balancer.set(frontend: "nope", accepting: true)
            }
        }
    }
}
