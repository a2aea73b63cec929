// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The open segment files by number, shared by the committer that fills them and the readers.
final class SegmentFiles: Sendable {
    let folder: DiskFolder
    private let open = Mutex<[Int: DiskFile]>([:])

    init(_ folder: DiskFolder) {
        self.folder = folder
    }

    static func name(_ number: Int) -> String { "\(number).segment" }

    /// The highest number that a file or a row may name: a damaged one must not be counted on from.
    static let highestNumber = 1_000_000_000_000

    /// The number in a segment's file name; nil for other files, also for what would be called otherwise if it were made here.
    static func number(_ name: String) -> Int? {
        guard name.hasSuffix(".segment"), let number = Int(name.dropLast(".segment".count)) else { return nil }
        return (1...highestNumber).contains(number) && self.name(number) == name ? number : nil
    }

    /// The file of a segment, opened when it is not open yet.
    func file(_ number: Int, create: Bool = false) throws(DiskError) -> DiskFile {
        if let file = open.withLock({ $0[number] }) { return file }
        let file = try folder.open(SegmentFiles.name(number), create: create)
        return open.withLock { files in
            if let other = files[number] { return other }
            files[number] = file
            return file
        }
    }

    /// Removes the file of a segment. Who still reads from it keeps it until then.
    func remove(_ number: Int) throws(DiskError) {
        // why in this order: a reader that finds it closed would open it again, and nobody would close it any more.
        defer { _ = open.withLock { $0.removeValue(forKey: number) } }
        try folder.remove(SegmentFiles.name(number))
    }
}
