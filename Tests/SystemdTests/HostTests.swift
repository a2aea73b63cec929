// SPDX-License-Identifier: Apache-2.0

import Glibc
import Systemd
import Testing

struct HostTests {
    private func withFile<Result>(_ content: String, _ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/relaybox-host-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let bytes = Array(content.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return try body(path)
    }

    @Test func aStampTellsSizeAndTime() throws {
        try withFile("12345") { path in
            let before = try Host.stamp(of: path)
            let again = try Host.stamp(of: path)
            #expect(before.size == 5)
            #expect(before.modified > 1_500_000_000_000_000_000)
            #expect(again == before)
            var times = [timespec(tv_sec: 1_000, tv_nsec: 7), timespec(tv_sec: 1_000, tv_nsec: 7)]
            #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
            let after = try Host.stamp(of: path)
            #expect(after.modified == 1_000_000_000_007)
        }
    }

    @Test(arguments: [("/dev/null", "not a regular file"), ("/", "not a regular file"), ("/no/such", "No such file")])
    func whatIsNoFileHasNoStamp(path: String, reason: String) {
        let error = #expect(throws: Host.ReadError.self) { try Host.stamp(of: path) }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.hasPrefix(path) == true)
    }

    @Test func aFileBeyondTheLimitIsNotRead() throws {
        try withFile("12345") { path in
            let bytes = try Host.read(file: path, limit: 5)
            #expect(bytes == Array("12345".utf8))
            #expect(throws: Host.ReadError.self) { try Host.read(file: path, limit: 4) }
        }
    }
}
