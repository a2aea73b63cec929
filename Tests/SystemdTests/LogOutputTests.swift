// SPDX-License-Identifier: Apache-2.0

import Glibc
import Statistics
import Systemd
import Testing

@Suite struct LogOutputTests {
    /// A file on a full disk always polls writable: who waits for that would ask it all the time.
    @Test func aFullDiskIsNotWaitedFor() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var formatter = LogFormatter(hostname: "mx1", pid: 1)
        var output = LogOutput(
            LogTarget(destination: .stdout, format: .raw),
            standardOutput: descriptor,
            standardError: descriptor
        )
        var discarded = 0
        #expect(output.accept([LogEntry(LogRecord(from: "relaybox", "a line"))], limit: 10) == 0)
        #expect(!output.push(&formatter, discarded: &discarded))
        #expect(output.descriptor == -1)

        let other = open("/dev/null", O_WRONLY)
        defer { close(other) }
        try #require(dup2(other, descriptor) == descriptor)
        #expect(output.push(&formatter, discarded: &discarded))
        #expect(output.descriptor == descriptor)
        #expect(discarded == 0)
    }
}
