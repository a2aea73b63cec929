// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol
import Reception

/// Owns the look into the files of `acl ... -f FILE`: an address or a network a line, `#` begins a comment line.
struct AddressFiles {
    /// The bytes of a file; throws why it cannot be read.
    let read: (String) throws -> [UInt8]

    /// Bytes of one list.
    private static let fileBytes = min(AccessLimits.fileBytes, ConfigurationLimits.fileBytes)

    /// Mistakes of one file that are told.
    private static let mistakes = 20

    /// Fills the lists that are files. Returns what is wrong inside of them, with their own names and lines.
    func fill(
        _ lists: inout [AddressListSettings],
        of proxies: [ProxyDraft],
        _ findings: inout Findings
    ) -> [Diagnostic] {
        guard lists.contains(where: { $0.file != nil }) else { return [] }
        let words = proxies.flatMap(\.rules.files)
        var diagnostics: [Diagnostic] = []
        for index in lists.indices {
            guard let path = lists[index].file, let place = words.first(where: { $0.text == path }) else { continue }
            do {
                let bytes = try read(path)
                guard bytes.count <= AddressFiles.fileBytes else {
                    findings.error(at: place, "\(path) is larger than \(AddressFiles.fileBytes) bytes")
                    continue
                }
                let source = SourceText(file: path, bytes: bytes)
                lists[index].ranges = ranges(source, &diagnostics)
                if lists[index].ranges.count > RuleLimits.listEntries {
                    findings.error(at: place, "\(path) has more than \(RuleLimits.listEntries) entries")
                    lists[index].ranges = []
                }
            } catch {
                findings.error(at: place, "the list cannot be read: \(error)")
            }
        }
        return diagnostics
    }

    private func ranges(_ source: SourceText, _ diagnostics: inout [Diagnostic]) -> [AddressRange] {
        var ranges: [AddressRange] = []
        var wrong = 0
        for (number, line) in source.lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self).drop { $0 == " " || $0 == "\t" }
            let offset = line.count - text.utf8.count
            var entry = text
            while let last = entry.last, last.isWhitespace { entry.removeLast() }
            guard !entry.isEmpty, !entry.hasPrefix("#") else { continue }
            do throws(Finding) {
                ranges.append(try range(Word(String(entry), line: number, offset: max(0, offset))))
            } catch {
                wrong += 1
                diagnostics.append(Diagnostic(error, in: source, secrets: [:]))
                guard wrong < AddressFiles.mistakes else { break }
            }
        }
        return ranges
    }

    private func range(_ word: Word) throws(Finding) -> AddressRange {
        if let space = word.text.firstIndex(where: \.isWhitespace) {
            let distance = word.text.utf8.distance(from: word.text.startIndex, to: space) + 1
            let rest = word.text[space...].drop(while: \.isWhitespace)
            throw Finding(
                at: word.part(rest, at: distance),
                "\(String(rest).shown) after the address: a list has one address or network a line"
            )
        }
        return try PatternNotation.range(word)
    }
}
