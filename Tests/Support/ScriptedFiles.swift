// SPDX-License-Identifier: Apache-2.0

package import Files
import Synchronization

/// Files in memory that a test changes; each change makes another stamp, and what is looked at is counted.
package final class ScriptedFiles: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private struct State {
        var contents: [String: String] = [:]
        var clock: Int64 = 0
        var stamps: [String: Int64] = [:]
        var failure: String?
        var reads = 0
        var rest = ""
        var readers: [String: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Files read so far.
    package var reads: Int { state.withLock { $0.reads } }

    /// `/PATH LINE; LINE`
    package func write(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        let lines = parts.count > 1 ? parts[1].split(separator: ";").map { $0.drop { $0 == " " } } : []
        write(lines.map { $0 + "\n" }.joined(), to: parts.first ?? "")
    }

    package func write(_ content: String, to path: String) {
        state.withLock { state in
            state.clock += 1
            state.contents[path] = content
            state.stamps[path] = state.clock
        }
    }

    /// Somebody is still writing: `rest` comes to the file right after it was read for the next time.
    package func append(afterNextRead rest: String) {
        state.withLock { $0.rest = rest }
    }

    /// Runs once, while the file is read for the next time.
    package func whenRead(_ path: String, _ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.readers[path] = work }
    }

    package func remove(_ path: String) {
        state.withLock { $0.contents[path] = nil }
    }

    /// Reading fails from now on, though the file is there; nil ends it.
    package func fail(with reason: String?) {
        state.withLock { $0.failure = reason }
    }

    /// The way to them; what waits for the disk runs at once.
    package var files: FileAccess {
        FileAccess(
            stamp: { [self] path in
                try state.withLock { state in
                    guard let content = state.contents[path] else { throw Failure(description: "\(path): absent") }
                    return FileStamp(modified: state.stamps[path] ?? 0, size: Int64(content.utf8.count))
                }
            },
            read: { [self] path, _ in
                state.withLock { $0.readers.removeValue(forKey: path) }?()
                return try state.withLock { state in
                    state.reads += 1
                    if let failure = state.failure { throw Failure(description: failure) }
                    let content = state.contents[path] ?? ""
                    state.contents[path] = content + state.rest
                    state.rest = ""
                    return Array(content.utf8)
                }
            },
            offload: { work in work() }
        )
    }
}
