// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
import Synchronization

/// A file of short lines that only grows, until it is written anew: for facts that outlive the process but not every crash of
/// the machine, so nothing is synced. One thread at a time appends; waits for the disk.
package final class LineJournal: Sendable {
    /// Bytes of a file that are read at most; what lies behind is lost at the next `replace`.
    private static let limit = 67_108_864

    private struct Place {
        var file: DiskFile?
        var end = 0
    }

    private let path: String
    private let faults: DiskFaults
    private let place = Mutex(Place())

    /// Opens nothing yet; `faults` lets tests make the disk fail.
    package init(path: String, faults: DiskFaults = .none) {
        self.path = path
        self.faults = faults
    }

    /// The whole lines of the file; none when there is no file. A last line without its end was being written when the process
    /// ended, and is left out.
    package func read() throws(SpoolError) -> ByteBuffer {
        do throws(DiskError) {
            guard DiskFolder.holds(path) else { return ByteBuffer() }
            let file = try DiskFile(path, create: false, faults: faults)
            var bytes = ByteBuffer()
            try file.read(min(try file.size, LineJournal.limit), at: 0, into: &bytes)
            let view = bytes.readableBytesView
            let end = view.lastIndex(of: 0x0A).map { $0 + 1 } ?? view.startIndex
            return bytes.readSlice(length: end - view.startIndex) ?? ByteBuffer()
        } catch { throw error.spoolError }
    }

    /// Appends whole lines. Needs a `replace` before, also after an error.
    package func append(_ lines: ByteBuffer) throws(SpoolError) {
        let (file, end) = place.withLock { ($0.file, $0.end) }
        guard let file else { throw .disk("\(path) has to be written anew") }
        do throws(DiskError) {
            try file.write([lines], at: end)
        } catch {
            // why: half a line may be there now, and the next append would make it a wrong one.
            place.withLock { $0 = Place() }
            throw error.spoolError
        }
        place.withLock { $0.end = end + lines.readableBytes }
    }

    /// Puts these lines in the place of all others, in one step.
    package func replace(with lines: ByteBuffer) throws(SpoolError) {
        do throws(DiskError) {
            if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                try DiskFolder(path: String(path[..<slash]), faults: faults).make()
            }
            let file = try DiskFile(path + ".new", create: true, faults: faults)
            try file.empty()
            try file.write([lines], at: 0)
            try DiskFolder.rename(path + ".new", to: path)
            place.withLock { $0 = Place(file: file, end: lines.readableBytes) }
        } catch { throw error.spoolError }
    }
}
