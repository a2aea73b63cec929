// SPDX-License-Identifier: Apache-2.0

import Files
import Glibc
import Testing

struct HostFileTests {
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
            let before = try HostFile.stamp(of: path)
            let again = try HostFile.stamp(of: path)
            #expect(before.size == 5)
            #expect(before.modified > 1_500_000_000_000_000_000)
            #expect(again == before)
            var times = [timespec(tv_sec: 1_000, tv_nsec: 7), timespec(tv_sec: 1_000, tv_nsec: 7)]
            #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
            let after = try HostFile.stamp(of: path)
            #expect(after.modified == 1_000_000_000_007)
        }
    }

    @Test(arguments: [("/dev/null", "not a regular file"), ("/", "not a regular file"), ("/no/such", "No such file")])
    func whatIsNoFileHasNoStamp(path: String, reason: String) {
        let error = #expect(throws: HostFile.ReadError.self) { try HostFile.stamp(of: path) }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.hasPrefix(path) == true)
    }

    @Test func aFileBeyondTheLimitIsNotRead() throws {
        try withFile("12345") { path in
            let bytes = try HostFile.read(path, limit: 5)
            #expect(bytes == Array("12345".utf8))
            #expect(throws: HostFile.ReadError.self) { try HostFile.read(path, limit: 4) }
        }
    }

    @Test func theBeginningOfAFileIsAllThatFits() throws {
        try withFile("12345") { path in
            let (part, whole) = (try HostFile.beginning(of: path, limit: 3), try HostFile.beginning(of: path, limit: 6))
            #expect(part == Array("123".utf8))
            #expect(whole == Array("12345".utf8))
            #expect(HostFile.text(of: path, limit: 4) == "1234")
        }
        #expect(HostFile.text(of: "/no/such", limit: 4) == nil)
        #expect(HostFile.text(of: "/dev/zero", limit: 4) == nil)
    }

    @Test func anotherFileInItsPlaceHasAnotherStamp() throws {
        try withFile("12345") { path in
            let before = try HostFile.stamp(of: path)
            try withFile("54321") { other in
                var times = [timespec(), timespec()]
                times[0].tv_sec = Int(before.modified / 1_000_000_000)
                times[0].tv_nsec = Int(before.modified % 1_000_000_000)
                times[1] = times[0]
                #expect(utimensat(AT_FDCWD, other, &times, 0) == 0)
                #expect(rename(other, path) == 0)
            }
            let after = try HostFile.stamp(of: path)
            #expect(after.modified == before.modified)
            #expect(after.size == before.size)
            #expect(after != before)
        }
    }

    @Test func theHostsFilesAreRegularOnes() throws {
        try withFile("12345") { path in
            let (bytes, stamp) = (try FileAccess.host.read(path, 5), try FileAccess.host.stamp(path))
            #expect(bytes == Array("12345".utf8))
            #expect(stamp.size == 5)
            #expect(throws: HostFile.ReadError.self) { try FileAccess.host.read(path, 4) }
        }
        #expect(throws: HostFile.ReadError.self) { try FileAccess.host.read("/dev/zero", 4) }
        #expect(throws: (any Error).self) { try FileAccess.none.read("/etc/hosts", 4) }
        #expect(throws: (any Error).self) { try FileAccess.none.stamp("/etc/hosts") }
    }

    private func withPipe<Result>(_ body: (String) throws -> Result) throws -> Result {
        let path = "/tmp/relaybox-pipe-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        return try body(path)
    }

    /// Whatever a table is replaced by between the look at it and its opening: nobody waits for a writer.
    @Test func aPipeIsRefusedAtOnce() throws {
        try withPipe { path in
            let error = #expect(throws: HostFile.ReadError.self) { try HostFile.read(path, limit: 5) }
            #expect(error?.description == "\(path): not a regular file")
            #expect(throws: HostFile.ReadError.self) { try FileAccess.host.read(path, 5) }
            #expect(HostFile.text(of: path, limit: 5) == nil)
        }
        #expect(throws: HostFile.ReadError.self) { try HostFile.read("/dev/zero", limit: 5) }
    }

    @Test func aStreamIsReadToItsEnd() throws {
        try withPipe { path in
            // why both ways: so the pipe has a writer before its reader comes.
            let writer = open(path, O_RDWR)
            #expect(write(writer, "12345", 5) == 5)
            #expect(throws: HostFile.ReadError.self) { try HostFile.read(path, limit: 4, kind: .stream) }
            #expect(write(writer, "12345", 5) == 5)
            let part = try HostFile.beginning(of: path, limit: 5, kind: .stream)
            #expect(part == Array("12345".utf8))
            close(writer)
        }
        let nothing = try HostFile.read("/dev/null", limit: 5, kind: .stream)
        #expect(nothing.isEmpty)
        #expect(throws: HostFile.ReadError.self) { try HostFile.read("/dev/zero", limit: 5, kind: .stream) }
    }
}
