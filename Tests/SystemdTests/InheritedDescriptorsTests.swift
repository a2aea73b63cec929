// SPDX-License-Identifier: Apache-2.0

import Glibc
import Systemd
import Testing

@Suite struct InheritedDescriptorsTests {
    static func passing(_ descriptors: Int32...) -> InheritedDescriptors {
        InheritedDescriptors(descriptors.map { .init(name: "smtp", descriptor: $0) })
    }

    @Test func namesFindEverySocketOfTheUnit() {
        let passed = InheritedDescriptors([
            .init(name: "smtp", descriptor: 3), .init(name: "stats", descriptor: 4), .init(name: "smtp", descriptor: 5),
        ])
        #expect(passed.descriptor(named: "smtp") == [3, 5])
        #expect(passed.descriptor(named: "stats") == [4])
        #expect(passed.descriptor(named: "submission").isEmpty)
    }

    /// (where the socket is bound, IPV6_V6ONLY, what the configuration says, whether the socket serves it)
    @Test(arguments: [
        ("0.0.0.0", false, "0.0.0.0", true), ("0.0.0.0", false, "", true), ("0.0.0.0", false, "*", true),
        ("0.0.0.0", false, "::", false), ("0.0.0.0", false, "127.0.0.1", false),
        ("127.0.0.1", false, "127.0.0.1", true), ("127.0.0.1", false, "127.0.0.2", false),
        ("127.0.0.1", false, "0.0.0.0", false), ("127.0.0.1", false, "::ffff:127.0.0.1", true),
        ("::", false, "::", true), ("::", false, "[::]", true), ("::", false, "0.0.0.0", true),
        ("::", false, "*", true),
        ("::", true, "0.0.0.0", false), ("::", true, "::", true), ("::1", false, "::1", true),
        ("::1", false, "0:0:0:0:0:0:0:1", true), ("::1", false, "::", false), ("::1", false, "localhost", false),
    ]) func addressFindsTheSocketThatServesIt(host: String, onlyIPv6: Bool, wanted: String, serves: Bool) throws {
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let socket = try bound(family, SOCK_STREAM, host: host, port: 0, onlyIPv6: onlyIPv6)
        defer { close(socket) }
        let port = boundPort(of: socket)
        let passed = Self.passing(socket)
        #expect(passed.descriptor(boundTo: wanted, port: port) == (serves ? socket : nil))
        #expect(passed.descriptor(boundTo: wanted, port: port == 1 ? 2 : 1) == nil)
    }

    @Test func exactAddressWinsOverDualStack() throws {
        let four = try bound(AF_INET, SOCK_STREAM, host: "0.0.0.0", port: 0)
        defer { close(four) }
        let port = boundPort(of: four)
        let six = try bound(AF_INET6, SOCK_STREAM, host: "::", port: UInt16(port), onlyIPv6: true)
        defer { close(six) }
        let passed = Self.passing(six, four)
        #expect(passed.descriptor(boundTo: "*", port: port) == four)
        #expect(passed.descriptor(boundTo: "::", port: port) == six)
    }

    @Test func pathFindsAUnixSocket() throws {
        let folder = try LogWriterTests.temporaryFolder()
        defer { LogWriterTests.remove(folder) }
        let socket = try bound(AF_UNIX, SOCK_STREAM, path: folder + "/log")
        defer { close(socket) }
        #expect(Self.passing(socket).descriptor(boundToPath: folder + "/log") == socket)
        #expect(Self.passing(socket).descriptor(boundToPath: folder + "/other") == nil)
    }

    @Test func whatIsNoListeningSocketServesNothing() throws {
        let datagram = try bound(AF_INET, SOCK_DGRAM, host: "127.0.0.1", port: 0)
        defer { close(datagram) }
        let passed = Self.passing(datagram, -1, 99_999)
        #expect(passed.descriptor(boundTo: "127.0.0.1", port: boundPort(of: datagram)) == nil)
        #expect(passed.descriptor(boundToPath: "/") == nil)
    }

    /// `bound` listens with a queue of one.
    @Test func backlogIsRestored() throws {
        let socket = try bound(AF_INET, SOCK_STREAM, host: "127.0.0.1", port: 0)
        defer { close(socket) }
        #expect(try Self.queueLength(of: socket) == 1)
        Self.passing(socket, -1).restoreBacklog(64)
        #expect(try Self.queueLength(of: socket) == 64)
    }

    /// The kernel reports a listening socket's longest queue as `tcpi_sacked` (tcp_info, Linux).
    static func queueLength(of socket: Int32) throws -> UInt32 {
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        try #require(getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0)
        return info.tcpi_sacked
    }

    @Test func withoutSystemdNothingIsPassed() {
        #expect(InheritedDescriptors.adopt().entries.isEmpty)
    }
}
