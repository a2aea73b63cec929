// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A port of the loopback that is taken, so that no other test gets it, but refuses connections until it is told to listen.
final class DeadPort: Sendable {
    let number: Int
    let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = DeadPort.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Impatient(description: "no port: errno \(errno)") }
        self.descriptor = descriptor
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    /// Accepts connections from now on, in the kernel's queue.
    func revive() throws {
        guard listen(descriptor, 16) == 0 else { throw Impatient(description: "no listener: errno \(errno)") }
    }

    /// Lets further connections wait for an answer that never comes.
    func fill() throws {
        guard listen(descriptor, 0) == 0 else { throw Impatient(description: "no listener: errno \(errno)") }
        for _ in 0..<3 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var address = DeadPort.loopback(port: number)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
