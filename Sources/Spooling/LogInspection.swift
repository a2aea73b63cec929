// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// A look at SQLite's write-ahead log before SQLite sees it (sqlite.org/fileformat2.html, section 4).
///
/// SQLite takes the log up to the first frame whose checksum is wrong and forgets the rest, because a crash tears the end. A crash
/// tears no more than the one transaction that was being synced: where several follow one another there, each frame's checksum
/// going on from that of the frame before, the log was damaged afterwards, and to go on would lose mail without a word. What
/// commits that failed have left behind is never more than one that hangs together.
struct LogInspection {
    /// What is wrong with a log.
    struct Damage: Equatable {
        /// Byte of the file where the wrong frame begins; 0 where the log's own header is wrong.
        let position: Int
        /// Transactions from there on that hang together; 0 where the file is no log at all.
        let transactions: Int
    }

    private static let headerSize = 32
    static let frameHeaderSize = 24
    /// Frames read at once.
    private static let step = 64

    private typealias Salts = (UInt32, UInt32)

    private let file: DiskFile

    init(_ file: DiskFile) {
        self.file = file
    }

    /// What is wrong with the log; nil for a whole one, one whose end a crash has torn, and one that was only made.
    func damage() throws(DiskError) -> Damage? {
        var header = ByteBuffer()
        try file.read(LogInspection.headerSize, at: 0, into: &header)
        guard header.readableBytes == LogInspection.headerSize,
            let magic = header.getInteger(at: 0, as: UInt32.self),
            let pageSize = header.getInteger(at: 8, as: UInt32.self).map({ Int($0) }),
            let salt1 = header.getInteger(at: 16, as: UInt32.self),
            let salt2 = header.getInteger(at: 20, as: UInt32.self)
        else { return nil }
        let isLittle = magic & 1 == 0
        var sum = LogSum(isLittle: isLittle)
        sum.update(header, 0..<24)
        let isWhole = magic | 1 == 0x377F_0683 && sum.matches(header, at: 24) && (512...65_536).contains(pageSize)
        // why: a wrong header hides every frame; what they are is still told by what they have in common.
        if !isWhole {
            if let damage = try hidden(isLittle: isLittle) { return damage }
            let isMade = magic | 1 == 0x377F_0683 || header.readableBytesView.allSatisfy { $0 == 0 }
            return isMade ? nil : Damage(position: 0, transactions: 0)
        }
        return try walk(pageSize: pageSize, salts: (salt1, salt2), isLittle: isLittle, sum: sum)
    }

    /// Frames behind a wrong header: those with the salts of the first one.
    private func hidden(isLittle: Bool) throws(DiskError) -> Damage? {
        var first = ByteBuffer()
        try file.read(LogInspection.frameHeaderSize, at: LogInspection.headerSize, into: &first)
        guard let salt1 = first.getInteger(at: 8, as: UInt32.self),
            let salt2 = first.getInteger(at: 12, as: UInt32.self),
            salt1 != 0 || salt2 != 0
        else { return nil }
        return try walk(pageSize: QueueSchema.pageSize, salts: (salt1, salt2), isLittle: isLittle, sum: nil)
    }

    /// - Parameter sum: of the header; nil where it is wrong.
    private func walk(pageSize: Int, salts: Salts, isLittle: Bool, sum: LogSum?) throws(DiskError) -> Damage? {
        let frameSize = LogInspection.frameHeaderSize + pageSize
        var position = LogInspection.headerSize
        var sum = sum
        var wrong: Int? = sum == nil ? 0 : nil
        // Behind the wrong frame: the checksum that the frame before names, and transactions since frames hang together.
        var before: LogSum?
        var run = 0
        var longest = 0
        var frames = ByteBuffer()
        while true {
            frames.clear()
            try file.read(frameSize * LogInspection.step, at: position, into: &frames)
            let count = frames.readableBytes / frameSize
            for frame in stride(from: 0, to: count * frameSize, by: frameSize) {
                let isOurs =
                    frames.getInteger(at: frame + 8, as: UInt32.self) == salts.0
                    && frames.getInteger(at: frame + 12, as: UInt32.self) == salts.1
                if wrong == nil {
                    sum?.take(frames, frame, frameSize)
                    if isOurs, sum?.matches(frames, at: frame + 16) == true { continue }
                    wrong = position + frame
                }
                before?.take(frames, frame, frameSize)
                if !isOurs || before?.matches(frames, at: frame + 16) != true { run = 0 }
                if isOurs, frames.getInteger(at: frame + 4, as: UInt32.self) != 0 { run += 1 }
                longest = max(longest, run)
                before = isOurs ? LogSum(isLittle: isLittle, frames, at: frame + 16) : nil
            }
            if count < LogInspection.step { break }
            position += count * frameSize
        }
        guard let wrong, longest > 1 else { return nil }
        return Damage(position: wrong, transactions: longest)
    }
}

/// SQLite's running checksum of the log: pairs of 32-bit words in the byte order that the log's magic number names.
private struct LogSum {
    private let isLittle: Bool
    private var first: UInt32
    private var second: UInt32

    init(isLittle: Bool, first: UInt32 = 0, second: UInt32 = 0) {
        self.isLittle = isLittle
        self.first = first
        self.second = second
    }

    /// The sum that stands in the buffer.
    init?(isLittle: Bool, _ buffer: ByteBuffer, at position: Int) {
        guard let first = buffer.getInteger(at: position, as: UInt32.self),
            let second = buffer.getInteger(at: position + 4, as: UInt32.self)
        else { return nil }
        self.init(isLittle: isLittle, first: first, second: second)
    }

    /// Takes a frame: the first two words of its header, and its page.
    mutating func take(_ buffer: ByteBuffer, _ frame: Int, _ frameSize: Int) {
        update(buffer, frame..<(frame + 8))
        update(buffer, (frame + LogInspection.frameHeaderSize)..<(frame + frameSize))
    }

    /// Takes these bytes of the buffer, a multiple of eight.
    mutating func update(_ buffer: ByteBuffer, _ range: Range<Int>) {
        buffer.withUnsafeReadableBytes { bytes in
            guard range.upperBound <= bytes.count else { return }
            for place in stride(from: range.lowerBound, to: range.upperBound - 7, by: 8) {
                let left = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
                let right = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                first &+= (isLittle ? left.littleEndian : left.bigEndian) &+ second
                second &+= (isLittle ? right.littleEndian : right.bigEndian) &+ first
            }
        }
    }

    /// Whether the two numbers there, always of the network's byte order, are this sum.
    func matches(_ buffer: ByteBuffer, at position: Int) -> Bool {
        buffer.getInteger(at: position, as: UInt32.self) == first
            && buffer.getInteger(at: position + 4, as: UInt32.self) == second
    }
}
