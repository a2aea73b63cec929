// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A name server on a free port of 127.0.0.1, UDP and TCP, that answers as a script says.
final class ScriptedNameserver: Sendable {
    /// One resource record of an answer.
    struct Record: Sendable {
        var owner: String
        var type: UInt16
        var ttl: UInt32
        var data: [UInt8]
    }

    enum Reply: Sendable {
        case records([Record])
        /// A response code, with the SOA of a zone whose denials hold for so many seconds, or without.
        case denial(code: UInt8, zone: String, ttl: UInt32)
        case code(UInt8)
        case silence
        /// Nothing over UDP but that there is more; the records over TCP.
        case truncated([Record])
        case later(milliseconds: Int64, [Record])
    }

    typealias Script = @Sendable (_ name: String, _ type: UInt16) -> Reply

    private struct State {
        var asked: [String: Int] = [:]
        var isOver = false
    }

    let port: UInt16
    private let udp: Int32
    private let tcp: Int32
    private let script: Script
    private let state = Mutex(State())

    /// Starts it on a free port unless one is said.
    init(host: [UInt8] = [127, 0, 0, 1], port: UInt16 = 0, _ script: @escaping Script) throws {
        self.script = script
        (udp, tcp, self.port) = try Self.sockets(host: host, port: port)
        try TestThread.run { [self] in serve() }
    }

    static var mayUsePort53: Bool { geteuid() == 0 }

    var address: String { "127.0.0.1:\(port)" }

    /// How often a name and type has been asked for, as `mx.example A`'s number `mx.example 1`.
    func count(_ name: String, _ type: UInt16) -> Int {
        state.withLock { $0.asked["\(name) \(type)"] ?? 0 }
    }

    /// Ends the server's thread soon.
    func stop() {
        state.withLock { $0.isOver = true }
    }

    /// A UDP and a TCP socket with the same free port.
    static func sockets(host: [UInt8] = [127, 0, 0, 1], port: UInt16 = 0) throws -> (Int32, Int32, UInt16) {
        for _ in 0..<50 {
            let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let udp = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = host.reduce(0) { $0 << 8 | UInt32($1) }.bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    bind(tcp, generic, length) == 0 && getsockname(tcp, generic, &length) == 0
                        && bind(udp, generic, length) == 0 && listen(tcp, 16) == 0
                }
            }
            if bound { return (udp, tcp, UInt16(bigEndian: address.sin_port)) }
            close(tcp)
            close(udp)
        }
        throw TestThread.Failure(what: "no free port")
    }

    // MARK: On the thread

    private struct Peer {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    private func serve() {
        var waiting = [
            pollfd(fd: udp, events: Int16(POLLIN), revents: 0), pollfd(fd: tcp, events: Int16(POLLIN), revents: 0),
        ]
        var later: [(time: Int64, bytes: [UInt8], peer: Peer)] = []
        while !state.withLock({ $0.isOver }) {
            _ = poll(&waiting, 2, 10)
            if waiting[0].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 4_096)
                var peer = Peer()
                let count = withUnsafeMutablePointer(to: &peer.address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                        recvfrom(udp, &buffer, buffer.count, 0, generic, &peer.length)
                    }
                }
                if count > 0, let (bytes, delay) = answer(to: Array(buffer.prefix(count)), stream: false) {
                    if delay > 0 {
                        later.append((Self.milliseconds() + delay, bytes, peer))
                    } else {
                        send(bytes, to: peer)
                    }
                }
            }
            if waiting[1].revents != 0 { serveStream() }
            let now = Self.milliseconds()
            for (_, bytes, peer) in later.filter({ $0.time <= now }) { send(bytes, to: peer) }
            later.removeAll { $0.time <= now }
        }
        close(udp)
        close(tcp)
    }

    private func send(_ bytes: [UInt8], to peer: Peer) {
        var peer = peer
        withUnsafeMutablePointer(to: &peer.address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = sendto(udp, bytes, bytes.count, 0, generic, peer.length)
            }
        }
    }

    private func serveStream() {
        let connection = accept(tcp, nil, nil)
        guard connection >= 0 else { return }
        defer { close(connection) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < 2 || bytes.count < 2 + Int(bytes[0]) << 8 + Int(bytes[1]) {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            bytes += buffer.prefix(count)
        }
        guard let (reply, _) = answer(to: Array(bytes.dropFirst(2)), stream: true) else { return }
        let framed = [UInt8(truncatingIfNeeded: reply.count >> 8), UInt8(truncatingIfNeeded: reply.count)] + reply
        _ = write(connection, framed, framed.count)
    }

    private func answer(to query: [UInt8], stream: Bool) -> (bytes: [UInt8], delay: Int64)? {
        guard query.count > 12 else { return nil }
        var position = 12
        var labels: [String] = []
        while position < query.count, query[position] != 0 {
            let length = Int(query[position])
            guard position + 1 + length < query.count else { return nil }
            labels.append(String(decoding: query[(position + 1)...(position + length)], as: UTF8.self).lowercased())
            position += 1 + length
        }
        guard position + 5 <= query.count else { return nil }
        let type = UInt16(query[position + 1]) << 8 | UInt16(query[position + 2])
        let name = labels.joined(separator: ".")
        state.withLock { $0.asked["\(name) \(type)", default: 0] += 1 }
        let question = Array(query[12..<(position + 5)])
        func message(code: UInt8 = 0, truncated: Bool = false, answers: [Record] = [], authority: [Record] = [])
            -> [UInt8]
        {
            Array(query.prefix(2)) + [truncated ? 0x87 : 0x85, 0x80 | code, 0, 1]
                + DNSWire.number(answers.count) + DNSWire.number(authority.count) + [0, 0] + question
                + (answers + authority).flatMap(DNSWire.record)
        }
        switch script(name, type) {
        case .records(let records):
            return (message(answers: records), 0)
        case .denial(let code, let zone, let ttl):
            return (message(code: code, authority: [DNSWire.startOfAuthority(zone, ttl)]), 0)
        case .code(let code):
            return (message(code: code), 0)
        case .silence:
            return nil
        case .truncated(let records):
            return (stream ? message(answers: records) : message(truncated: true), 0)
        case .later(let delay, let records):
            return (message(answers: records), delay)
        }
    }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The notation of DNS messages, as far as the scripted server writes it.
enum DNSWire {
    static func number(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func record(_ record: ScriptedNameserver.Record) -> [UInt8] {
        let ttl = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: record.ttl >> $0) }
        return name(record.owner) + number(Int(record.type)) + [0, 1] + ttl + number(record.data.count) + record.data
    }

    static func startOfAuthority(_ zone: String, _ ttl: UInt32) -> ScriptedNameserver.Record {
        let minimum = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ttl >> $0) }
        let numbers: [UInt8] = [0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132, 0, 9, 58, 128] + minimum
        return .init(owner: zone, type: 6, ttl: 86_400, data: name("ns." + zone) + name("root." + zone) + numbers)
    }
}
