// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// What one filter changes about a message, kept until the filter has said its last word: all of it is done, or nothing.
final class MilterEdits {
    /// Changes of headers and recipients of one filter at most, and their bytes.
    static let countLimit = 10_000
    static let byteLimit = 4_194_304

    private(set) var headers: [MilterEdit] = []
    private(set) var envelope: [MilterEdit] = []
    private(set) var hold: String?
    private(set) var body: ReplacedBody?
    /// Why the new body could not be stored.
    private(set) var failure: SpoolError?
    /// Whether header values come with their own leading space.
    let isVerbatim: Bool
    private var bytes = 0
    private let bodyLimit: Int
    private let spool: any Spool

    /// - Parameter bodyLimit: bytes of a new body at most; 0: no limit.
    init(isVerbatim: Bool, bodyLimit: Int, spool: any Spool) {
        self.isVerbatim = isVerbatim
        self.bodyLimit = bodyLimit
        self.spool = spool
    }

    /// Takes a change; nil when it is one too many, else whether more may come at once.
    func take(_ edit: MilterEdit, resume: @escaping @Sendable () -> Void) -> DraftRoom? {
        switch edit {
        case .replaceBody(let piece):
            return replace(piece, resume)
        case .quarantine(let reason):
            hold = reason
        case .addHeader(let name, let value), .insertHeader(_, let name, let value),
            .changeHeader(_, let name, let value):
            bytes += name.utf8.count + value.readableBytes
            headers.append(edit)
        case .addRecipient(let address), .deleteRecipient(let address), .changeSender(let address):
            bytes += address.utf8.count
            envelope.append(edit)
        }
        guard headers.count + envelope.count <= MilterEdits.countLimit, bytes <= MilterEdits.byteLimit else {
            return nil
        }
        return .ready
    }

    private func replace(_ piece: ByteBuffer, _ resume: @escaping @Sendable () -> Void) -> DraftRoom? {
        guard failure == nil else { return .ready }
        do throws(SpoolError) {
            let target: ReplacedBody
            if let body { target = body } else { target = ReplacedBody(draft: try spool.draft(), limit: bodyLimit) }
            body = target
            return try target.append(piece, resume: resume)
        } catch {
            failure = error
            return .ready
        }
    }
}
