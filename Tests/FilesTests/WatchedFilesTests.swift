// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import NIOEmbedded
import Support
import Synchronization
import Testing

struct WatchedFilesTests {
    private struct Wrong: Error, CustomStringConvertible { let description: String }

    /// Files whose content is their text; `wrong` in it is a mistake.
    private func watched(
        _ paths: [String],
        _ files: ScriptedFiles,
        content: String? = nil
    ) -> WatchedFiles<String> {
        WatchedFiles(paths, limit: 100, files: files.files, content: content) { bytes in
            let text = bytes.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "+")
            if text.contains("wrong") { throw Wrong(description: "wrong: \(text)") }
            return text
        }
    }

    @Test func severalFilesAreReadTogetherWhenOneHasChanged() {
        let files = ScriptedFiles()
        files.write("a", to: "/a")
        files.write("b", to: "/b")
        let both = watched(["/a", "/b"], files)
        #expect(both.content == nil)
        #expect(both.refresh() == .read(isFirst: true))
        #expect(both.content == "a+b")
        #expect(both.refresh() == .unchanged)
        #expect(files.reads == 2)
        files.write("c", to: "/b")
        #expect(both.refresh() == .read(isFirst: false))
        #expect(both.content == "a+c")
    }

    @Test func aMistakeKeepsTheContentAndIsToldOnceForEachWriting() {
        let files = ScriptedFiles()
        files.write("a", to: "/a")
        let file = watched(["/a"], files)
        #expect(file.refresh() == .read(isFirst: true))
        files.write("wrong", to: "/a")
        #expect(file.refresh() == .kept(reason: "wrong: wrong"))
        #expect(file.refresh() == .unchanged)
        files.write("wrong", to: "/a")
        #expect(file.refresh() == .kept(reason: "wrong: wrong"))
        #expect(file.content == "a")
    }

    @Test func whatCannotBeReadIsTriedAgainThoughItDidNotChange() {
        let files = ScriptedFiles()
        files.write("a", to: "/a")
        files.fail(with: "/a: Permission denied")
        let file = watched(["/a"], files)
        #expect(file.refresh() == .kept(reason: "/a: Permission denied"))
        #expect(file.refresh() == .unchanged)
        files.fail(with: nil)
        #expect(file.refresh() == .read(isFirst: true))
        files.remove("/a")
        #expect(file.refresh() == .kept(reason: "/a: absent"))
        #expect(file.content == "a")
    }

    @Test func whatIsBeingWrittenIsReadAtTheNextLook() {
        let files = ScriptedFiles()
        files.write("a", to: "/a")
        let file = watched(["/a"], files, content: "former")
        files.append(afterNextRead: "b")
        #expect(file.refresh() == .unchanged)
        #expect(file.content == "former")
        #expect(file.refresh() == .read(isFirst: false))
        #expect(file.content == "ab")
    }

    @Test func aLookThatHangsIsTheOnlyOne() {
        let pending = Mutex<[@Sendable () -> Void]>([])
        let looks = Atomic(0)
        let loop = EmbeddedEventLoop()
        let files = FileAccess(
            stamp: FileAccess.none.stamp,
            read: FileAccess.none.read,
            offload: { work in pending.withLock { $0.append(work) } }
        )
        var watch: FileWatch? = FileWatch(files: files, eventLoop: loop)
        for _ in 0..<2 { watch?.begin { looks.wrappingAdd(1, ordering: .relaxed) } }
        loop.advanceTime(by: .seconds(5))
        #expect(pending.withLock { $0.count } == 1)
        let first = pending.withLock { $0.removeFirst() }
        first()
        loop.advanceTime(by: .seconds(1))
        #expect(pending.withLock { $0.count } == 1)
        #expect(looks.load(ordering: .relaxed) == 1)
        pending.withLock { $0 = [] }
        watch = nil
        loop.advanceTime(by: .seconds(5))
        #expect(pending.withLock { $0.isEmpty })
    }
}
