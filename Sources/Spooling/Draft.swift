// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// A message body while it streams in: in memory as long as it is small and the budget allows, in a file of its own beyond.
///
/// A draft belongs to one session on one event loop until it is handed to `Spool.commit`; a draft that is dropped without
/// a commit gives back its memory and leaves no file.
package protocol Draft: AnyObject {
    /// The id the message will have.
    var id: QueueID { get }
    /// Bytes taken so far.
    var size: Int { get }

    /// Takes everything readable in `bytes`.
    ///
    /// - Returns: whether the caller may go on. `.wait`: stop reading until `resume` is called (from any thread, once).
    /// - Throws: `SpoolError` when neither memory nor disk has room; the draft then only waits to be dropped.
    func append(_ bytes: ByteBuffer, resume: @escaping @Sendable () -> Void) throws(SpoolError) -> DraftRoom

    /// Reads back what was taken, `limit` bytes from `offset` on at most: for filters, which see a message before it is
    /// committed. `completion` is called once, from any thread, perhaps before this returns.
    func read(
        at offset: Int,
        limit: Int,
        completion: @escaping @Sendable (Result<ByteBuffer, SpoolError>) -> Void
    )
}

/// Whether a draft can take more now.
package enum DraftRoom: Sendable, Equatable {
    case ready
    case wait
}
