// SPDX-License-Identifier: Apache-2.0

/// `relaybox stats [COMMAND...]`: without a command a table to read, with one its raw answer.
package enum StatsCommand {
    /// - Parameters:
    ///   - socket: a path, or host:port.
    ///   - words: the runtime command; several are separated by a word `;` or one that ends in it.
    /// - Returns: the exit code.
    package static func run(socket: String, words: [String], console: ClientConsole) async -> Int32 {
        let client = StatsClient(socket: socket, console: console)
        guard !words.isEmpty else { return await table(client) }
        guard !words.contains(where: { $0.contains("\n") || $0.contains("\r") }) else {
            console.complain("a runtime command is one line.")
            return ExitCode.usage
        }
        return await client.run([words.joined(separator: " ")]) { client.output($0) }
    }

    /// Bytes of the answers that make the table at most: those of some 20,000 servers.
    private static let tableBytes = 16_777_216

    private static func table(_ client: StatsClient) async -> Int32 {
        var lines: [String] = []
        let code = await client.run(["show info", "show stat"], limit: tableBytes) { line in
            lines.append(String(decoding: line, as: UTF8.self))
        }
        guard code == ExitCode.fine else { return code }
        guard let table = StatsTable(answer: lines) else {
            client.console.complain("\(client.socket) does not speak the runtime interface of relaybox.")
            return ExitCode.failed
        }
        client.console.output(table.text(colours: client.console.hasColours))
        return ExitCode.fine
    }
}
