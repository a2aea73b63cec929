// SPDX-License-Identifier: Apache-2.0

import Glibc
import Statistics
import Systemd
import Testing

@Suite struct LogFormatterTests {
    /// 2023-11-04 10:20:05.000042 UTC: a day and a second of one digit.
    static let time: Int64 = 1_699_093_205_000_042

    /// What the C library makes of the moment in this host's time zone: another road to the same text.
    static func calendar(_ pattern: String, at time: Int64 = time) -> String {
        var clock = time_t(time / 1_000_000)
        var local = tm()
        localtime_r(&clock, &local)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, pattern, &local)
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func line(
        _ message: String,
        _ format: LogTarget.Format,
        severity: Severity = .informational,
        facility: Int = 2,
        at time: Int64 = time
    ) -> String {
        var formatter = LogFormatter(hostname: "mx1", pid: 4711)
        var bytes: [UInt8] = []
        let target = LogTarget(destination: .stdout, format: format, facility: facility)
        formatter.append(LogRecord(severity, from: "relaybox/smtpd", message), at: time, for: target, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (LogTarget.Format.local, "<22>%b %e %H:%M:%S relaybox/smtpd[4711]: hello"),
        (.rfc3164, "<22>%b %e %H:%M:%S mx1 relaybox/smtpd[4711]: hello"),
        (.priority, "<22>hello"),
        (.short, "<6>hello"),
        (.raw, "hello"),
        (.maillog, "%b %e %H:%M:%S mx1 relaybox/smtpd[4711]: hello"),
    ]) func headerOfEachFormat(format: LogTarget.Format, expected: String) {
        #expect(Self.line("hello", format) == Self.calendar(expected))
    }

    @Test func rfc5424CarriesMicrosecondsAndTheZone() {
        let zone = Self.calendar("%z")
        let expected =
            Self.calendar("<22>1 %Y-%m-%dT%H:%M:%S.000042") + zone.prefix(3) + ":" + zone.suffix(2)
            + " mx1 relaybox/smtpd 4711 - - hello"
        #expect(Self.line("hello", .rfc5424) == expected)
    }

    @Test func isoAndTimedCarryTheDateAlone() {
        let zone = Self.calendar("%z")
        let date = Self.calendar("%Y-%m-%dT%H:%M:%S.000042") + zone.prefix(3) + ":" + zone.suffix(2)
        #expect(Self.line("hello", .iso) == date + " hello")
        #expect(Self.line("hello", .timed) == "<6>" + date + " hello")
    }

    @Test(arguments: [(Severity.emergency, "<5>"), (.notice, "<5>"), (.informational, "<6>")])
    func nothingIsMoreSeriousThanTheMinimum(severity: Severity, expected: String) {
        var formatter = LogFormatter(hostname: "mx1", pid: 4711)
        var bytes: [UInt8] = []
        var target = LogTarget(destination: .stdout, format: .short)
        target.minimum = .notice
        formatter.append(LogRecord(severity, from: "x", ""), at: 0, for: target, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [80, 100, 9_000])
    func theLengthCutsTheWholeLine(length: Int) {
        var formatter = LogFormatter(hostname: "mx1", pid: 4711)
        var bytes: [UInt8] = Array("before".utf8)
        var target = LogTarget(destination: .stdout, format: .local)
        target.length = length
        let record = LogRecord(from: "relaybox", String(repeating: "x", count: 20_000))
        formatter.append(record, at: 0, for: target, to: &bytes)
        #expect(bytes.count == 6 + min(length, bytes.count - 6))
        #expect(bytes.count - 6 == min(length, LogFormatter.messageLimit + 36))
        #expect(bytes.starts(with: Array("before<22>".utf8)))
    }

    @Test(arguments: [
        (Severity.emergency, 0, "<0>"), (.informational, 16, "<134>"), (.error, 16, "<131>"), (.debug, 23, "<191>"),
    ]) func priorityIsFacilityTimesEightPlusSeverity(severity: Severity, facility: Int, expected: String) {
        #expect(Self.line("", .local, severity: severity, facility: facility).hasPrefix(expected))
    }

    @Test(arguments: [
        ("two\nlines", "two?lines"), ("a\r\nb", "a??b"), ("nul\u{0}", "nul?"), ("del\u{7F}\u{1B}[2J", "del??[2J"),
        ("ünïcode stays", "ünïcode stays"), ("", ""),
    ]) func controlCharactersCannotForgeALine(message: String, expected: String) {
        #expect(Self.line(message, .raw) == expected)
    }

    @Test func longMessageIsCut() {
        let message = String(repeating: "x", count: LogFormatter.messageLimit + 1)
        #expect(Self.line(message, .raw).utf8.count == LogFormatter.messageLimit)
    }

    @Test func stampFollowsTheClockInBothDirections() {
        var formatter = LogFormatter(hostname: "mx1", pid: 1)
        let target = LogTarget(format: .maillog)
        for offset: Int64 in [0, 86_400 * 40, 1, -3_600] {
            let time = Self.time + offset * 1_000_000
            var bytes: [UInt8] = []
            formatter.append(LogRecord(from: "relaybox", "m"), at: time, for: target, to: &bytes)
            #expect(
                String(decoding: bytes, as: UTF8.self) == Self.calendar("%b %e %H:%M:%S mx1 relaybox[1]: m", at: time)
            )
        }
    }
}
