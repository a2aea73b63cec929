// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// A file that only keeps room: given up when the disk is full, so that mail already queued can still be finished.
final class Reserve {
    private static let name = "reserve"

    private let folder: DiskFolder
    private let size: Int
    private(set) var isKept = false

    init(_ folder: DiskFolder, size: Int) {
        self.folder = folder
        self.size = size
    }

    /// Takes the room (again), and proves that the disk writes and syncs.
    func restore() throws(DiskError) {
        let file = try folder.open(Reserve.name, create: true)
        do throws(DiskError) {
            let present = try file.size
            if !isKept || present < size { try file.preallocate(size) }
            try file.write(CollectionOfOne(ByteBuffer(repeating: 0, count: 512)), at: 0)
            try file.sync()
            isKept = true
        } catch {
            if error.isFull { giveUp() }
            throw error
        }
    }

    /// Gives the room back to the disk; whether there was any to give.
    @discardableResult
    func giveUp() -> Bool {
        let hadRoom = isKept
        isKept = false
        guard let file = try? folder.open(Reserve.name, create: false), (try? file.empty()) != nil else { return false }
        return hadRoom
    }
}
