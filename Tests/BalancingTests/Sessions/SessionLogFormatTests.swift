// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Statistics
import Support
import Testing

/// The line of a session, as its frontend wants it.
@Suite struct SessionLogTests {
    private static func format(_ variables: SessionLogFormat.Variable...) -> SessionLogFormat {
        SessionLogFormat(variables.flatMap { [.variable($0), .text(" ")] } + [.text("end")])
    }

    @Test func everyVariableHasANameOfItsOwn() {
        let names = SessionLogFormat.Variable.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isLetter } })
    }

    @Test func settingsThatAreSilentByDefault() {
        let settings = SessionLogSettings()
        #expect(!settings.omitsNormal && !settings.separatesErrors && !settings.isEarly)
        #expect(settings.channel == 0 && settings.tag == nil && settings.format == nil)
        #expect(FrontendSettings(name: "a").log == settings)
        #expect(Self.format(.clientAddress).elements.count == 3)
    }

    /// A session with a server that answers and ends, as a frontend with these settings logs it.
    private func records(_ change: @escaping (inout FrontendSettings) -> Void) async throws -> [LogRecord] {
        let settings = Bench.settings(servers: [Bench.pool()]) { frontend, _ in change(&frontend) }
        var records: [LogRecord] = []
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            try await bench.settle()
            records = bench.journal.records
        }
        return records
    }

    @Test func aFormatOfOnesOwnTakesThePlaceOfTcplog() async throws {
        let records = try await records { frontend in
            frontend.tcpLog = false
            frontend.log.format = Self.format(
                .clientAddress,
                .frontend,
                .backend,
                .server,
                .bytesFromClient,
                .bytesToClient,
                .termination,
                .acceptDate,
                .universalDate,
                .timestamp,
                .millisecond,
                .hostname,
                .frontendAddress,
                .serverAddress,
                .serverPort
            )
            frontend.log.tag = "mine"
            frontend.log.channel = 3
        }
        #expect(
            records.map(\.message) == [
                "127.0.0.1 ft bk here 6 24 -- 24/Nov/2026:08:35:59.168 24/Nov/2026:08:35:59 +0000 1795509359 168 "
                    + "relay.example.net 127.0.0.1 pool@inbound - end"
            ]
        )
        #expect(records.map(\.identifier) == ["mine"])
        #expect(records.map(\.channel) == [3])
    }

    @Test func normalSessionsCanBeLeftOut() async throws {
        let records = try await records { $0.log.omitsNormal = true }
        #expect(records.isEmpty)
    }

    @Test func anEarlyLineIsTheOnlyOneAndMarked() async throws {
        let records = try await records { $0.log.isEarly = true }
        #expect(records.count == 1)
        #expect(records.first?.message.contains("/+") == true)
        #expect(records.first?.message.contains(" +0 -- ") == true)
    }

    @Test(arguments: [(false, Severity.informational), (true, .error)])
    func failuresHaveALevelOfTheirOwn(separates: Bool, severity: Severity) async throws {
        let dead = try DeadPort()
        let settings = Bench.settings(servers: [Bench.server("x", dead.number)]) { frontend, backend in
            frontend.log.separatesErrors = separates
            frontend.log.omitsNormal = true
            backend.retries = 0
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expectEnd()
            let record = try await bench.journal.line(containing: " SC ")
            #expect(record.severity == severity)
        }
    }
}
