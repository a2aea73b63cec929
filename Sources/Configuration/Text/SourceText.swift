// SPDX-License-Identifier: Apache-2.0

/// Owns the bytes of one configuration file, cut into lines.
struct SourceText {
    /// The name that diagnostics print.
    let file: String
    /// The lines without their line ends; the byte order mark that some editors write is not part of the first.
    let lines: [ArraySlice<UInt8>]

    /// Cuts `bytes` at LF or CRLF. A file beyond the limit has no lines; `isTooLong` says so.
    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.isTooLong = bytes.count > ConfigurationLimits.fileBytes
        guard !isTooLong else {
            self.lines = []
            return
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { $0.last == 0x0D ? $0.dropLast() : $0 }
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    let isTooLong: Bool

    /// What makes a line unreadable whatever it says, and where; nil for a good line.
    func defect(inLine index: Int) -> (offset: Int, text: String)? {
        let line = lines[index]
        if line.count > ConfigurationLimits.lineBytes {
            return (0, "the line is longer than \(ConfigurationLimits.lineBytes) bytes")
        }
        if let position = line.firstIndex(of: 0) {
            return (position - line.startIndex, "the line contains a NUL byte")
        }
        if let offset = line.firstInvalidUTF8 {
            return (offset, "the line is not valid UTF-8")
        }
        return nil
    }

    /// The number of the character at a byte offset, counting from 1: what editors call the column.
    func column(line index: Int, offset: Int) -> Int {
        guard lines.indices.contains(index) else { return 1 }
        return String(decoding: lines[index].prefix(max(0, offset)), as: UTF8.self).count + 1
    }
}

extension ArraySlice<UInt8> {
    /// The offset of the first byte that is not part of a well-formed sequence (RFC 3629 section 4).
    fileprivate var firstInvalidUTF8: Int? {
        var position = startIndex
        while position < endIndex {
            let lead = self[position]
            let range: ClosedRange<UInt8>
            let length: Int
            switch lead {
            case 0x00...0x7F: (length, range) = (1, 0x80...0xBF)
            case 0xC2...0xDF: (length, range) = (2, 0x80...0xBF)
            case 0xE0: (length, range) = (3, 0xA0...0xBF)
            case 0xED: (length, range) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, range) = (3, 0x80...0xBF)
            case 0xF0: (length, range) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, range) = (4, 0x80...0xBF)
            case 0xF4: (length, range) = (4, 0x80...0x8F)
            default: return position - startIndex
            }
            guard endIndex - position >= length else { return position - startIndex }
            if length > 1 {
                guard range.contains(self[position + 1]) else { return position - startIndex }
                for next in (position + 2)..<Swift.max(position + 2, position + length)
                where !(0x80...0xBF).contains(self[next]) {
                    return position - startIndex
                }
            }
            position += length
        }
        return nil
    }
}
