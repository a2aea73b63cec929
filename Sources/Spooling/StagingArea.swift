// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Statistics

/// The folder of bodies that have a file of their own, and the queues on which those files are written.
final class StagingArea: Sendable {
    /// Files written at the same time; bodies are spread over the queues by id.
    private static let lanes = 4

    let folder: DiskFolder
    /// Bytes of one body that may wait for the disk before its session must pause.
    let window: Int
    private let limit: Int
    private let gate: SpoolGate
    private let queues: [DispatchQueue]
    private let open = Counter()

    init(_ folder: DiskFolder, window: Int, limit: Int, gate: SpoolGate) {
        self.folder = folder
        self.window = window
        self.limit = limit
        self.gate = gate
        queues = (0..<StagingArea.lanes).map { DispatchQueue(label: "relaybox.spool.staging.\($0)") }
    }

    /// The name of a body's file.
    static func name(_ id: QueueID) -> String { "\(id).body" }

    /// The id in the name of a body's file; nil for other files.
    static func id(_ name: String) -> QueueID? {
        guard name.hasSuffix(".body"), let id = QueueID(name.dropLast(".body".count)) else { return nil }
        // why: with zeros in front it is a file that no message has, and what is removed goes by the message's name.
        return self.name(id) == name ? id : nil
    }

    /// Starts a body of its own; `.busy` when too many are open.
    func begin(_ id: QueueID) throws(SpoolError) -> StagedBody {
        guard open.add() <= limit else {
            open.add(-1)
            throw .busy
        }
        return StagedBody(id, in: self)
    }

    /// A body's file was closed.
    func ended() {
        open.add(-1)
    }

    /// Bytes went to the disk, or a write failed.
    func note(_ bytes: Int) { gate.note(written: bytes) }
    func note(_ error: DiskError) { gate.note(error) }

    func queue(for id: QueueID) -> DispatchQueue {
        queues[Int(id.value % UInt64(queues.count))]
    }

    /// Removes the file of a message that is gone; soon, and again at the next start if that fails.
    func remove(_ id: QueueID) {
        queue(for: id).async { try? self.folder.remove(StagingArea.name(id)) }
    }

    /// Returns when everything asked for so far is done. Blocks.
    func drain() {
        for queue in queues { queue.sync {} }
    }
}
