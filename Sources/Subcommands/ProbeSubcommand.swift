// SPDX-License-Identifier: Apache-2.0

import Balancing
package import CommandArguments
import Systemd

/// `relaybox probe`: checks one server and shows how.
package struct ProbeSubcommand: AsyncParsableCommand {
    /// Its word and its line in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check an SMTP server as 'option smtpchk' does, and print the dialogue."
    )

    @Flag(name: .long, help: "Begin with a PROXY header of version 1.")
    var sendProxy = false

    @Flag(name: .customLong("send-proxy-v2"), help: "Begin with a PROXY header of version 2.")
    var sendProxyVersion2 = false

    @Flag(name: .customLong("starttls"), help: "Go on encrypted after STARTTLS, and show the certificate.")
    var startsTLS = false

    @Option(name: .long, help: "Seconds for the connection, and again for the dialogue.")
    var timeout = 10

    @Option(name: .long, help: "The name to say in EHLO.")
    var hello = Host.name

    @Argument(help: "HOST:PORT, with an IPv6 address in brackets.")
    var address: String

    package init() {}

    /// Looks at address, timeout and name together: what fails here leaves with code 2.
    package func validate() throws {
        guard target != nil else { throw ValidationError("'\(address)' is not HOST:PORT") }
        guard (1...3_600).contains(timeout) else { throw ValidationError("the timeout is from 1 to 3600 seconds") }
        guard !hello.isEmpty, hello.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw ValidationError("'\(hello)' is not a name for EHLO")
        }
    }

    /// Prints the dialogue as it goes. Throws `ExitCode(1)` for a server that is not healthy.
    package func run() async throws {
        guard let (host, port) = target else { throw ExitCode(2) }
        let isHealthy = try await PeerProbe.run(
            host: host,
            port: port,
            proxyVersion: sendProxyVersion2 ? 2 : sendProxy ? 1 : nil,
            hello: "EHLO \(hello)",
            timeout: timeout * 1_000,
            startsTLS: startsTLS,
            now: { Host.now },
            say: { Host.output($0 + "\n") }
        )
        if !isHealthy { throw ExitCode(1) }
    }

    private var target: (host: String, port: Int)? {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }
}
