// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Owns what was last read without a mistake from a file, or from several that belong together.
///
/// A file that is gone, or has a mistake in it, leaves what was read before in force.
package final class WatchedFiles<Content: Sendable>: Sendable {
    /// What a look at the files came to.
    package enum Outcome: Sendable, Equatable {
        /// The file's stamp is what it was.
        case unchanged
        /// The content is another now; `isFirst` when there was none before.
        case read(isFirst: Bool)
        /// The content stays as it was, for this reason, which was not told before.
        case kept(reason: String)
    }

    private enum Attempt: Equatable {
        case read([FileStamp])
        case failed(String)
    }

    private struct State {
        var content: Content?
        var last: Attempt?
    }

    /// The files, in the order in which they are read.
    package let paths: [String]
    private let limit: Int
    private let files: FileAccess
    private let parse: @Sendable ([[UInt8]]) throws -> Content
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limit: bytes of each file at most.
    ///   - content: what is in force until the files are read.
    ///   - parse: makes the content of the files' bytes, in the order of the paths; throws what is wrong with them.
    package init(
        _ paths: [String],
        limit: Int,
        files: FileAccess,
        content: Content? = nil,
        parse: @escaping @Sendable ([[UInt8]]) throws -> Content
    ) {
        self.paths = paths
        self.limit = limit
        self.files = files
        self.parse = parse
        state = Mutex(State(content: content))
    }

    /// What is in force; nil when the files could never be read.
    package var content: Content? { state.withLock { $0.content } }

    /// Reads the files if one is another than last time. Waits for the disk; one caller at a time.
    package func refresh() -> Outcome {
        let (last, isFirst) = state.withLock { ($0.last, $0.content == nil) }
        let stamps: [FileStamp]
        let bytes: [[UInt8]]
        do {
            stamps = try paths.map(files.stamp)
            if last == .read(stamps) { return .unchanged }
            bytes = try paths.map { try files.read($0, limit) }
            // why: somebody is writing them, and half a file is worse than an old one.
            if !isFirst, try paths.map(files.stamp) != stamps { return .unchanged }
        } catch {
            // why: what cannot be read is tried again every time, and told once.
            let attempt = Attempt.failed("\(error)")
            state.withLock { $0.last = attempt }
            return last == attempt ? .unchanged : .kept(reason: "\(error)")
        }
        do {
            let content = try parse(bytes)
            state.withLock { state in
                state.content = content
                state.last = .read(stamps)
            }
            return .read(isFirst: isFirst)
        } catch {
            state.withLock { $0.last = .read(stamps) }
            return .kept(reason: "\(error)")
        }
    }
}
