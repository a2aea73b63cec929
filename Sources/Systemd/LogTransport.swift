// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What became of bytes given to a transport.
enum LogDelivery: Equatable {
    /// So many bytes went out; a datagram goes out whole.
    case sent(Int)
    /// Nothing went out because the reader is behind: try again later.
    case full
    /// Nothing went out and these bytes never will (a datagram too long, no route).
    case refused
    /// Nobody is there; it may come back.
    case gone
}

/// Standard output or standard error, written without ever waiting and without changing the file description that the process shares
/// with whoever started it.
struct StreamTransport {
    private enum Kind { case file, socket, pipe }

    let descriptor: Int32
    private let kind: Kind

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        let mode = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        kind = mode == S_IFSOCK ? .socket : mode == S_IFREG ? .file : .pipe
    }

    func send(_ line: [UInt8], from start: Int) -> LogDelivery {
        line.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> LogDelivery {
        guard !bytes.isEmpty else { return .sent(0) }
        let count: Int
        switch kind {
        case .file:
            count = write(descriptor, bytes.baseAddress, bytes.count)
        case .socket:
            count = Glibc.send(
                descriptor,
                bytes.baseAddress,
                bytes.count,
                Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
            )
        case .pipe:
            // A pipe that polls writable has a free page, so a page never waits (pipe(7)); a longer write may.
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&poller, 1, 0) > 0 else { return .full }
            guard poller.revents & Int16(POLLERR | POLLNVAL) == 0 else { return .gone }
            count = write(descriptor, bytes.baseAddress, min(bytes.count, 4_096))
        }
        if count > 0 { return .sent(count) }
        if count == 0 { return .full }
        return errno == EAGAIN || errno == EINTR ? .full : .gone
    }
}

/// A syslog socket, by UDP or by a UNIX datagram socket such as `/dev/log`: one line a datagram, never waiting, connected again when
/// the daemon behind it was restarted.
struct DatagramTransport {
    enum Peer: Equatable {
        case unix(path: String)
        case internet(host: String, port: Int)
    }

    private let peer: Peer
    /// Negative while nobody is there.
    private(set) var descriptor: Int32 = -1

    init(_ peer: Peer) {
        self.peer = peer
    }

    mutating func send(_ line: [UInt8]) -> LogDelivery {
        line.isEmpty ? .sent(0) : line.withUnsafeBytes { send($0) }
    }

    private mutating func send(_ bytes: UnsafeRawBufferPointer) -> LogDelivery {
        // The second round is for a daemon that came back, and for UDP, which reports the datagram before.
        for _ in 0..<2 {
            if descriptor < 0 { descriptor = Self.connected(to: peer) }
            guard descriptor >= 0 else { return .gone }
            let count = Glibc.send(
                descriptor,
                bytes.baseAddress,
                bytes.count,
                Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
            )
            if count >= 0 { return .sent(bytes.count) }
            switch errno {
            case EAGAIN, ENOBUFS, EINTR: return .full
            case EMSGSIZE: return .refused
            default: close()
            }
        }
        switch peer {
        case .unix: return .gone
        case .internet: return .refused
        }
    }

    /// Whether a datagram would be taken now; true as well when nobody is there.
    mutating func isWritable() -> Bool {
        if descriptor < 0 { descriptor = Self.connected(to: peer) }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return descriptor < 0 || poll(&poller, 1, 0) > 0
    }

    mutating func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    private static func connected(to peer: Peer) -> Int32 {
        switch peer {
        case .unix(let path): connected(toPath: path)
        case .internet(let host, let port): connected(toHost: host, port: port)
        }
    }

    private static func connected(toPath path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        let descriptor = fits ? opened(AF_UNIX) : -1
        return withUnsafeBytes(of: &address) { connected(descriptor, to: $0) }
    }

    private static func connected(toHost host: String, port: Int) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else { return -1 }
        defer { freeaddrinfo(first) }
        let address = UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: Int(first.pointee.ai_addrlen))
        return connected(opened(first.pointee.ai_family), to: address)
    }

    private static func opened(_ family: Int32) -> Int32 {
        socket(family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    }

    private static func connected(_ descriptor: Int32, to address: UnsafeRawBufferPointer) -> Int32 {
        guard descriptor >= 0 else { return -1 }
        let status = connect(
            descriptor,
            address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
            socklen_t(address.count)
        )
        if status == 0 { return descriptor }
        _ = Glibc.close(descriptor)
        return -1
    }
}
