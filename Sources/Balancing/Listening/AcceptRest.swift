// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// The rest that a listening socket takes after `accept` failed for want of descriptors or memory.
///
/// Holding back reads is not enough: for SwiftNIO the one that failed is not over, and the socket, which stays readable, would keep its
/// event loop busy.
package enum AcceptRest {
    /// How long it lasts.
    package static let time = TimeAmount.seconds(1)

    /// The socket is not asked about from now on. On its event loop, as `then` when the time is over.
    package static func begin(_ channel: any Channel, then: @escaping () -> Void) {
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.assumeIsolated().scheduleTask(in: time, then)
    }

    /// The socket is asked about again; this reads as well. On its event loop.
    package static func end(_ channel: any Channel) {
        try? channel.syncOptions?.setOption(.autoRead, value: true)
    }
}
