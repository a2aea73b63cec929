// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Log lines one behind the other in one piece of memory, which is used again as a whole.
///
/// why: a line that is kept as it came keeps four small pieces of memory for minutes, and gives them back long after they have left
/// the processor's cache. Written out, the pieces are free at once, and the next line gets them while they are warm.
struct LineBlock {
    /// Bytes after which a block is full; one line may lie across.
    static let size = 65_536

    private var bytes: [UInt8] = []
    private(set) var count = 0

    var isFull: Bool { bytes.count >= LineBlock.size }

    init() {
        bytes.reserveCapacity(LineBlock.size + 1_024)
    }

    mutating func append(_ line: TraceHistory.Line) {
        let record = line.record
        append(line.time)
        append(record.session)
        bytes.append(UInt8(truncatingIfNeeded: record.severity.rawValue))
        bytes.append(record.channel)
        bytes.append(record.queueID == nil ? 0 : 1)
        append(record.identifier)
        append(record.queueID ?? "")
        append(record.message)
        count += 1
    }

    /// Begins anew in the same memory.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Every line behind the first `skipped`, in the order they were appended.
    func forEach(skipping skipped: Int, _ look: (TraceHistory.Line) -> Void) {
        var reader = Reader(rest: bytes[...])
        for number in 0..<count {
            guard let line = reader.line() else { return }
            if number >= skipped { look(line) }
        }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ text: String) {
        append(UInt32(truncatingIfNeeded: text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}

extension LineBlock {
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func line() -> TraceHistory.Line? {
            guard let time = number(Int64.self), let session = number(UInt64.self), let severity = number(UInt8.self),
                let channel = number(UInt8.self), let hasID = number(UInt8.self),
                let identifier = text(), let queueID = text(), let message = text()
            else { return nil }
            var record = LogRecord(
                Severity(rawValue: Int(severity)) ?? .informational,
                from: identifier,
                message,
                session: session,
                queueID: hasID == 1 ? queueID : nil
            )
            record.channel = channel
            return TraceHistory.Line(time: time, record: record)
        }

        private mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
            let size = Number.bitWidth / 8
            guard rest.count >= size else { return nil }
            let value = rest.prefix(size).reversed().reduce(Number.zero) { $0 << 8 | Number(truncatingIfNeeded: $1) }
            rest = rest.dropFirst(size)
            return value
        }

        private mutating func text() -> String? {
            guard let length = number(UInt32.self), rest.count >= Int(length) else { return nil }
            let text = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
            rest = rest.dropFirst(Int(length))
            return text
        }
    }
}
