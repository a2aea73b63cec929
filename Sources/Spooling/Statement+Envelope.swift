// SPDX-License-Identifier: Apache-2.0

extension Statement {
    /// Times in milliseconds since 1970, sizes and counts as the database may name them. What is damaged can say anything; whoever
    /// works with an envelope may add to its numbers and subtract from them.
    private static let numbers = 0...Int64(1 << 52)

    /// A number of an envelope, brought into its range.
    private func bounded(_ column: Int32) -> Int64 {
        min(max(integer(column), Statement.numbers.lowerBound), Statement.numbers.upperBound)
    }

    /// The recipient in five columns from `first` on: address, state, due, attempts, reason.
    func recipient(_ first: Int32) -> Recipient {
        Recipient(
            address: text(first),
            state: Recipient.State(rawValue: int(first + 1)) ?? .pending,
            due: bounded(first + 2),
            attempts: Int(bounded(first + 3)),
            reason: text(first + 4)
        )
    }

    /// The envelope in the current row, with its first recipient, how many further recipients it has, and the seal; nil where the
    /// message is older than seals.
    func envelope() -> (envelope: Envelope, more: Int, seal: UInt32?) {
        let envelope = Envelope(
            id: id(0),
            sender: text(4),
            recipients: [recipient(9)],
            arrival: bounded(1),
            size: Int(bounded(2)),
            traits: BodyTraits(rawValue: int(3)),
            messageID: text(5),
            client: text(6),
            held: integer(7) != 0,
            filter: text(14)
        )
        return (envelope, int(8), isNull(15) ? nil : UInt32(truncatingIfNeeded: integer(15)))
    }
}

extension Envelope {
    /// A checksum of what never changes while the message is queued: what tells a row that was damaged on the disk.
    var seal: UInt32 {
        var checksum = Checksum()
        checksum.update(id.value)
        for number in [arrival, Int64(size), Int64(traits.rawValue)] { checksum.update(UInt64(bitPattern: number)) }
        for var text in [sender, messageID, client, filter] + recipients.map(\.address) {
            checksum.update(UInt64(text.utf8.count))
            text.withUTF8 { checksum.update(UnsafeRawBufferPointer($0)) }
        }
        return checksum.value
    }
}

extension Checksum {
    fileprivate mutating func update(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { update($0) }
    }
}
