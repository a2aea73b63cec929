// SPDX-License-Identifier: Apache-2.0

import Glibc
import Statistics
import Systemd
import Testing

@Suite struct LogWriterTests {
    /// A pipe whose read end never waits.
    final class Pipe {
        let input: Int32
        let output: Int32
        private var text: [UInt8] = []

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(pipe(&ends) == 0)
            (output, input) = (ends[0], ends[1])
            _ = fcntl(output, F_SETFL, O_NONBLOCK)
        }

        deinit {
            close(input)
            close(output)
        }

        /// The whole lines that came since the last call; the beginning of a line waits for its end.
        func lines() -> [String] {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(output, &chunk, chunk.count), count > 0 { text += chunk[..<count] }
            let end = text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            defer { text.removeFirst(end) }
            return String(decoding: text[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    static func writer(_ targets: [LogTarget], to pipe: Pipe, errors: Pipe? = nil, limit: Int = 16_384) -> LogWriter {
        LogWriter(
            targets: targets,
            hostname: "mx1",
            pid: 1,
            queueLimit: limit,
            standardOutput: pipe.input,
            standardError: errors?.input ?? pipe.input
        )
    }

    static let raw = LogTarget(destination: .stdout, format: .raw)

    @Test func linesArriveInOrder() throws {
        let pipe = try Pipe()
        let writer = Self.writer([Self.raw], to: pipe)
        for number in 0..<500 { writer.write(LogRecord(from: "relaybox", "line \(number)")) }
        writer.flush()
        #expect(pipe.lines() == (0..<500).map { "line \($0)" })
        #expect(writer.dropped.value == 0)
    }

    @Test func eachTargetTakesItsOwnLevels() throws {
        let (out, errors) = (try Pipe(), try Pipe())
        let quiet = LogTarget(destination: .stderr, format: .short, maximum: .warning)
        let writer = Self.writer([Self.raw, quiet], to: out, errors: errors)
        for severity in Severity.allCases { writer.write(LogRecord(severity, from: "relaybox", "\(severity)")) }
        writer.flush()
        #expect(out.lines() == Severity.allCases.dropLast().map { "\($0)" })
        #expect(errors.lines() == ["<0>emergency", "<1>alert", "<2>critical", "<3>error", "<4>warning"])
    }

    @Test func eachTargetTakesItsOwnChannels() throws {
        let (out, errors) = (try Pipe(), try Pipe())
        var both = Self.raw
        both.channels = 0b11
        var own = LogTarget(destination: .stderr, format: .raw)
        own.channels = 1 << 63
        let writer = Self.writer([both, own], to: out, errors: errors)
        for channel: UInt8 in [0, 1, 2, 63, 255] {
            var record = LogRecord(from: "relaybox", "\(channel)")
            record.channel = channel
            writer.write(record)
        }
        writer.flush()
        #expect(out.lines() == ["0", "1"])
        #expect(errors.lines() == ["63"])
    }

    @Test func withoutATargetNothingIsWrittenOrCounted() throws {
        let pipe = try Pipe()
        let writer = Self.writer([], to: pipe)
        writer.write(LogRecord(.emergency, from: "relaybox", "lost in space"))
        writer.flush()
        #expect(pipe.lines().isEmpty)
        #expect(writer.dropped.value == 0)
    }

    /// 2,000 lines of 101 bytes into a pipe of 64 KiB that nobody reads: this test ends only if no call waits for the reader.
    @Test func stalledPipeLosesLinesAloneAndSaysSoWhenItRecovers() throws {
        let (out, errors) = (try Pipe(), try Pipe())
        let targets = [Self.raw, LogTarget(destination: .stderr, format: .raw)]
        let writer = Self.writer(targets, to: out, errors: errors, limit: 100)
        let padding = String(repeating: "x", count: 91)
        let all = (0..<2_000).map { "\(100_000 + $0) \(padding)" }
        var read: [String] = []
        for (index, line) in all.enumerated() {
            writer.write(LogRecord(from: "relaybox", line))
            while index % 50 == 49, read.count <= index {
                writer.flush(within: 1)
                read += errors.lines()
            }
        }
        #expect(read.elementsEqual(all), "the other target has every line")
        let lost = writer.dropped.value
        #expect(lost > 0)
        var survivors: [String] = []
        while survivors.count < all.count - lost + 1 {
            survivors += out.lines()
            writer.flush(within: 1)
        }
        #expect(survivors.last == "\(lost) log lines were lost because standard output did not take them")
        let isPrefix = survivors.dropLast().elementsEqual(all.prefix(all.count - lost))
        #expect(isPrefix, "whole lines, in order")
    }

    /// What a target did not take before a reload gave it up is lost as well.
    @Test func reloadCountsWhatWaitsForATargetThatGoes() throws {
        let (out, errors) = (try Pipe(), try Pipe())
        let writer = Self.writer([Self.raw], to: out, errors: errors)
        let padding = String(repeating: "x", count: 91)
        for number in 0..<2_000 { writer.write(LogRecord(from: "relaybox", "\(100_000 + number) \(padding)")) }
        writer.flush(within: 50)
        #expect(writer.dropped.value == 0)
        writer.reload(targets: [LogTarget(destination: .stderr, format: .raw)])
        let read = out.lines().count
        #expect(read < 2_000, "the pipe is full")
        #expect(writer.dropped.value == 2_000 - read)
    }

    @Test func fullQueueIsCountedAndSaid() throws {
        let pipe = try Pipe()
        let writer = Self.writer([Self.raw], to: pipe, limit: 0)
        for _ in 0..<3 { writer.write(LogRecord(from: "relaybox", "no room")) }
        writer.flush()
        #expect(writer.dropped.value == 3)
        #expect(pipe.lines() == ["3 log lines were lost because the log queue was full"])
    }

    @Test func readerThatWentAwayIsNotTheEnd() throws {
        let pipe = try Pipe()
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        close(ends[0])
        let writer = LogWriter(
            targets: [Self.raw, LogTarget(destination: .stderr, format: .raw)],
            hostname: "mx1",
            pid: 1,
            standardOutput: ends[1],
            standardError: pipe.input
        )
        writer.write(LogRecord(from: "relaybox", "still here"))
        writer.flush(within: 50)
        #expect(pipe.lines() == ["still here"])
        writer.reload(targets: [])
        close(ends[1])
    }

    @Test func reloadMovesTheLog() throws {
        let (out, errors) = (try Pipe(), try Pipe())
        let writer = Self.writer([Self.raw], to: out, errors: errors)
        writer.write(LogRecord(from: "relaybox", "before"))
        writer.flush()
        writer.reload(targets: [LogTarget(destination: .stderr, format: .raw)])
        writer.write(LogRecord(from: "relaybox", "after"))
        writer.flush()
        #expect(out.lines() == ["before"])
        #expect(errors.lines() == ["after"])
    }

    @Test func syslogSocketGetsOneDatagramALineAndComesBack() throws {
        let folder = try Self.temporaryFolder()
        defer { Self.remove(folder) }
        let target = LogTarget(destination: .unix(path: folder + "/log"), format: .raw)
        let first = try DatagramReceiver(path: folder + "/log")
        let writer = LogWriter(targets: [target], hostname: "mx1", pid: 1)
        writer.write(LogRecord(from: "relaybox", "one"))
        writer.write(LogRecord(from: "relaybox", "two"))
        writer.flush()
        #expect(first.messages() == ["one", "two"])
        first.end()
        writer.write(LogRecord(from: "relaybox", "while nobody listens"))
        writer.flush(within: 20)
        let second = try DatagramReceiver(path: folder + "/log")
        writer.flush()
        #expect(second.messages() == ["while nobody listens"])
        second.end()
    }

    @Test func syslogServerGetsDatagrams() throws {
        let receiver = try DatagramReceiver()
        let target = LogTarget(destination: .datagram(host: "127.0.0.1", port: receiver.port), format: .raw)
        let writer = LogWriter(targets: [target], hostname: "mx1", pid: 1)
        for number in 0..<20 { writer.write(LogRecord(from: "relaybox", "\(number)")) }
        writer.flush()
        #expect(receiver.messages() == (0..<20).map(String.init))
        receiver.end()
    }

    static func temporaryFolder() throws -> String {
        var template = Array("/tmp/relaybox-log.XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ folder: String) {
        unlink(folder + "/log")
        rmdir(folder)
    }
}
