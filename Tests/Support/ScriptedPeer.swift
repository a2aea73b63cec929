// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A mail server on a free port of the loopback that behaves, but for the steps where a test says what it does instead.
package final class ScriptedPeer: Sendable {
    /// Where in a dialogue the server has to say something.
    package enum Step: String, Sendable, Hashable, CaseIterable {
        case greeting, ehlo, helo, startTLS, mail, recipient, data, endOfData, reset, quit
    }

    /// What it does there.
    package enum Behaviour: Sendable {
        /// Says this line (or these lines), with CRLF added.
        case reply(String)
        /// Says these bytes as they are.
        case raw(String)
        /// Says nothing, and reads no further.
        case hang
        /// Closes the connection without a word.
        case close
        /// Says this line, then closes.
        case replyAndClose(String)
    }

    /// A message the server took.
    package struct Message: Sendable, Equatable {
        package var sender: String
        package var recipients: [String]
        /// As it came over the wire: with dots still doubled, without the final dot.
        package var body: String

        package init(sender: String, recipients: [String], body: String) {
            self.sender = sender
            self.recipients = recipients
            self.body = body
        }
    }

    /// Decides about the `occurrence`-th time (from 1, over all connections) that `step` is reached; nil: behave well.
    package typealias Script = @Sendable (_ step: Step, _ occurrence: Int, _ line: String) -> Behaviour?

    struct Record: Sendable {
        var occurrences: [Step: Int] = [:]
        var messages: [Message] = []
        var commands: [String] = []
        var connections = 0
        var open = 0
        var mostOpen = 0
        var children: [any Channel] = []
    }

    let record = Mutex(Record())
    let script: Script
    let extensions: [String]
    private let channel: Mutex<(any Channel)?>
    private let group: any EventLoopGroup
    package let port: Int

    /// - Parameters:
    ///   - extensions: the keywords EHLO is answered with; nil: EHLO is refused.
    ///   - port: 0 for any free one.
    package init(
        extensions: [String] = ["PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"],
        host: String = "127.0.0.1",
        port: Int = 0,
        script: @escaping Script = { _, _, _ in nil }
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        self.extensions = extensions
        self.script = script
        self.group = group
        channel = Mutex(nil)
        let box = PeerBox()
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    guard let peer = box.peer.withLock({ $0 }) else { return }
                    try child.pipeline.syncOperations.addHandler(ScriptedPeerHandler(peer))
                }
            }
            .bind(host: host, port: port).get()
        self.port = server.localAddress?.port ?? 0
        channel.withLock { $0 = server }
        box.peer.withLock { $0 = self }
    }

    /// The messages taken so far.
    package var messages: [Message] { record.withLock { $0.messages } }
    /// Every command line so far, of all connections.
    package var commands: [String] { record.withLock { $0.commands } }
    /// Connections so far, and the most at one time.
    package var connections: Int { record.withLock { $0.connections } }
    package var mostConnections: Int { record.withLock { $0.mostOpen } }
    /// How often a step has been reached, over all connections.
    package func occurrences(of step: Step) -> Int { record.withLock { $0.occurrences[step] ?? 0 } }
    /// Connections now.
    package var openConnections: Int { record.withLock { $0.open } }

    /// Closes the door and every connection.
    package func shutDown() async {
        let server = channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await server?.close().get()
        await closeConnections()
    }

    /// Closes every connection, as a server does that has had enough.
    package func closeConnections() async {
        let children = record.withLock { record in
            defer { record.children = [] }
            return record.children
        }
        for child in children { try? await child.close().get() }
    }
}

/// Lets the acceptor find the peer that is still being made when it starts.
private final class PeerBox: Sendable {
    let peer = Mutex<ScriptedPeer?>(nil)
}
