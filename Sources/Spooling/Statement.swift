// SPDX-License-Identifier: Apache-2.0

import CSQLite
import struct NIOCore.ByteBuffer

/// A prepared SQL statement; belongs to the thread of its database. Bindings stay until they are replaced.
final class Statement {
    private let handle: OpaquePointer
    private unowned let database: Database

    init(_ handle: OpaquePointer, of database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: parameters, counted from 1

    func bind(_ index: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, index, value)
    }

    func bind(_ index: Int32, _ value: Int) {
        sqlite3_bind_int64(handle, index, Int64(value))
    }

    func bind(_ index: Int32, _ id: QueueID) {
        sqlite3_bind_int64(handle, index, Int64(truncatingIfNeeded: id.value))
    }

    func bind(_ index: Int32, _ value: String) {
        var value = value
        value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                _ = relaybox_bind_text(handle, index, text.baseAddress, Int32(clamping: text.count))
            }
        }
    }

    func bindNull(_ index: Int32) {
        sqlite3_bind_null(handle, index)
    }

    /// Runs a statement without rows whose parameter `index` is the readable bytes of `buffer`, which are not copied.
    func run(_ index: Int32, _ buffer: ByteBuffer) throws(DatabaseError) {
        let done: Bool = buffer.withUnsafeReadableBytes { bytes in
            if let base = bytes.baseAddress, bytes.count > 0 {
                relaybox_bind_bytes(handle, index, base, UInt64(bytes.count))
            } else {
                sqlite3_bind_zeroblob(handle, index, 0)
            }
            let code = sqlite3_step(handle)
            return code == SQLITE_DONE || code == SQLITE_ROW
        }
        let failure = done ? nil : database.error("write the queue")
        sqlite3_reset(handle)
        sqlite3_bind_null(handle, index)
        if let failure { throw failure }
    }

    /// Runs a statement whose rows nobody wants, and makes it ready for the next time.
    func run() throws(DatabaseError) {
        let code = sqlite3_step(handle)
        let failure = code == SQLITE_DONE || code == SQLITE_ROW ? nil : database.error("change the queue")
        sqlite3_reset(handle)
        if let failure { throw failure }
    }

    /// Goes to the next row; false after the last one.
    func step() throws(DatabaseError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.error("read the queue")
        }
    }

    func reset() {
        sqlite3_reset(handle)
    }

    // MARK: columns of the current row, counted from 0

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func int(_ column: Int32) -> Int {
        Int(sqlite3_column_int64(handle, column))
    }

    func id(_ column: Int32) -> QueueID {
        QueueID(value: UInt64(bitPattern: sqlite3_column_int64(handle, column)))
    }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// Whether the column has this many bytes, and this CRC-32C where there is one.
    func isWhole(_ column: Int32, size: Int64, crc: Int64?) -> Bool {
        let bytes = UnsafeRawBufferPointer(
            start: sqlite3_column_blob(handle, column),
            count: Int(sqlite3_column_bytes(handle, column))
        )
        guard bytes.count == size else { return false }
        guard let crc else { return true }
        var checksum = Checksum()
        checksum.update(bytes)
        return Int64(checksum.value) == crc
    }

    /// `limit` bytes of the column from `offset` on, fewer where it ends.
    func bytes(_ column: Int32, offset: Int, limit: Int) -> ByteBuffer {
        guard let start = sqlite3_column_blob(handle, column) else { return ByteBuffer() }
        let count = Int(sqlite3_column_bytes(handle, column))
        let first = min(max(0, offset), count)
        let all = UnsafeRawBufferPointer(start: start, count: count)
        return ByteBuffer(bytes: all[first..<(first + min(max(0, limit), count - first))])
    }
}
