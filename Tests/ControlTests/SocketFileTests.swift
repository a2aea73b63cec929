// SPDX-License-Identifier: Apache-2.0

import Control
import Testing

@Suite struct SocketFileTests {
    private let path = "/tmp/relaybox-file-\(UInt64.random(in: 0..<UInt64.max))"

    private func make(_ change: (inout StatsSocketSettings) -> Void = { _ in }) throws -> SocketFile {
        var settings = StatsSocketSettings(address: .unix(path: path))
        change(&settings)
        return try SocketFile.make(settings, at: path).0
    }

    @Test func anUnknownUserIsNamedAndNothingIsLeft() throws {
        #expect(throws: SocketFile.Failure(text: "there is no user 'nobody-at-all'")) {
            _ = try make { $0.user = "nobody-at-all" }
        }
        #expect(throws: SocketFile.Failure(text: "there is no group 'nobody-at-all'")) {
            _ = try make { $0.group = "nobody-at-all" }
        }
        let file = try make { $0.mode = 0o660 }
        file.remove()
    }

    @Test func aSocketThatSomebodyAnswersStays() throws {
        let file = try make()
        #expect(throws: SocketFile.Failure(text: "another process listens on it")) { _ = try make() }
        file.remove()
    }

    @Test func aFolderIsNoSocket() {
        #expect(throws: SocketFile.Failure(text: "there is a file that is no socket")) {
            _ = try SocketFile.make(StatsSocketSettings(address: .unix(path: "/tmp")), at: "/tmp")
        }
    }

    @Test func aLongPathIsRefused() {
        let long = "/tmp/" + String(repeating: "x", count: 120)
        #expect(throws: SocketFile.Failure.self) {
            _ = try SocketFile.make(StatsSocketSettings(address: .unix(path: long)), at: long)
        }
    }
}
