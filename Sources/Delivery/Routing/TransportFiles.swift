// SPDX-License-Identifier: Apache-2.0

/// How delivery reaches the files of `transport_maps`: this room has no disk of its own.
package struct TransportFiles: Sendable {
    /// What tells whether a file has changed.
    package struct Stamp: Sendable, Equatable {
        /// Nanoseconds since 1970.
        package var modified: Int64
        /// Bytes.
        package var size: Int64

        package init(modified: Int64, size: Int64) {
            self.modified = modified
            self.size = size
        }
    }

    /// The stamp of the file at a path; throws why there is none.
    package var stamp: @Sendable (String) throws -> Stamp
    /// The file's bytes, `TransportTable.byteLimit` at most; throws why they cannot be read.
    package var read: @Sendable (String) throws -> [UInt8]

    package init(
        stamp: @escaping @Sendable (String) throws -> Stamp,
        read: @escaping @Sendable (String) throws -> [UInt8]
    ) {
        self.stamp = stamp
        self.read = read
    }

    /// For couriers without tables.
    package static let none = TransportFiles(stamp: { throw Absent(path: $0) }, read: { throw Absent(path: $0) })

    private struct Absent: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path): no files can be read here" }
    }
}
