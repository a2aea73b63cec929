// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// A draft that is read back from its start, piece by piece, on one event loop.
///
/// A class, because pieces may come while `next` is still running, to somebody who asks for more.
final class DraftReading {
    let draft: any Draft
    let loop: any EventLoop
    private(set) var offset = 0

    init(_ draft: any Draft, on loop: any EventLoop) {
        self.draft = draft
        self.loop = loop
    }

    var isOver: Bool { offset >= draft.size }

    /// Reads the next piece; `then` gets it on the event loop, perhaps at once.
    func next(
        limit: Int,
        then: @escaping (Result<ByteBuffer, SpoolError>) -> Void
    ) {
        let wanted = min(limit, draft.size - offset)
        let start = offset
        offset += wanted
        let bound = NIOLoopBound(then, eventLoop: loop)
        let loop = loop
        draft.read(at: start, limit: wanted) { result in
            // why: a shorter piece would be a message with a hole in it.
            let checked = result.flatMap { piece -> Result<ByteBuffer, SpoolError> in
                piece.readableBytes == wanted ? .success(piece) : .failure(.disk("the body ends early"))
            }
            if loop.inEventLoop { bound.value(checked) } else { loop.execute { bound.value(checked) } }
        }
    }
}
