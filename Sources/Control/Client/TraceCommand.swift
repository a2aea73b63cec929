// SPDX-License-Identifier: Apache-2.0

import Spooling

/// `relaybox trace ID`: a message's way, over the stats socket.
package enum TraceCommand {
    /// - Parameters:
    ///   - socket: a path, or host:port.
    ///   - id: the queue id.
    /// - Returns: the exit code.
    package static func run(socket: String, id: String, isJSON: Bool, console: ClientConsole) async -> Int32 {
        guard QueueID(id) != nil else {
            console.complain("'\(PlainText.line(id))' is no queue id: \(QueueCommand.idShape).")
            return ExitCode.usage
        }
        let client = StatsClient(socket: socket, console: console)
        return await client.run(["trace \(id)" + (isJSON ? " json" : "")]) { client.output($0) }
    }
}
