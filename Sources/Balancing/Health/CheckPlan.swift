// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// All that a check of one server has to know, taken from the server's and the backend's settings.
struct CheckPlan: Sendable {
    var target: ServerSettings.Target
    var method: CheckMethod
    var steps: [CheckStep]
    /// The header of checks that a step does not say anything of; nil: none.
    var version: ProxyHeaderVersion?
    /// The header where a step asks for one.
    var stepVersion: ProxyHeaderVersion
    /// Milliseconds until a connection stands, and from then on until the dialogue is over; without the second, the
    /// first is for both.
    var connectTimeout: Int
    var answerTimeout: Int?
    /// How checks are encrypted; nil: not at all.
    var tls: CheckTLS?
    /// Where checks come from: never a client's address.
    var origin = ServerDialer.Origin.any

    /// HAProxy: without `timeout check`, `inter` is for all of a check; checks that go elsewhere inherit no header.
    init(_ server: ServerSettings, in backend: BackendSettings) {
        target = server.target
        method = backend.checkMethod
        steps = backend.checkSteps
        origin = ServerDialer.Origin(checking: server, in: backend)
        stepVersion = server.sendProxy ?? .v1
        let inherits = server.sendProxy != nil && server.checkPort == nil
        version = inherits || server.checksSendProxy ? stepVersion : nil
        let interval = server.checkInterval
        answerTimeout = backend.checkTimeout
        connectTimeout = backend.checkTimeout == nil ? interval : min(backend.connectTimeout ?? interval, interval)
        tls = CheckTLS(server, in: backend)
        if let port = server.checkPort { target = self.target(port: port) }
    }

    /// Whether the limit was set on purpose.
    var isStrict: Bool { answerTimeout != nil }

    /// The server, perhaps at another port.
    func target(port: Int?) -> ServerSettings.Target {
        guard let port, case .tcp(let host, _) = target else { return target }
        return .tcp(host: host, port: port)
    }

    /// Milliseconds.
    static func milliseconds(since began: NIODeadline) -> Int {
        Int((NIODeadline.now() - began).nanoseconds / 1_000_000)
    }
}
