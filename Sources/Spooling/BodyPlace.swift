// SPDX-License-Identifier: Apache-2.0

/// Where the body of a stored message lies.
enum BodyPlace: Sendable, Equatable {
    /// In the message's row.
    case row
    /// In a segment it shares with others, from `position` on.
    case segment(Int, position: Int, crc: UInt32)
    /// In a file of its own, named after the message.
    case file(crc: UInt32)

    /// The value of the column `segment`: segments count from 1.
    var segmentColumn: Int? {
        switch self {
        case .row: nil
        case .segment(let number, _, _): number
        case .file: 0
        }
    }
}

extension Statement {
    /// The place that three columns from `first` on hold: segment, position, crc.
    func place(_ first: Int32) -> BodyPlace {
        if isNull(first) { return .row }
        let number = int(first)
        let crc = UInt32(truncatingIfNeeded: integer(first + 2))
        return number == 0 ? .file(crc: crc) : .segment(number, position: int(first + 1), crc: crc)
    }

    /// Binds the place to three parameters from `first` on.
    func bind(_ first: Int32, _ place: BodyPlace) {
        switch place {
        case .row:
            bindNull(first)
            bindNull(first + 1)
            bindNull(first + 2)
        case .segment(let number, let position, let crc):
            bind(first, number)
            bind(first + 1, position)
            bind(first + 2, Int(crc))
        case .file(let crc):
            bind(first, 0)
            bindNull(first + 1)
            bind(first + 2, Int(crc))
        }
    }
}
