// SPDX-License-Identifier: Apache-2.0

import Delivery
import Files
import Reception

/// Owns the look into the files that a configuration names, so that their mistakes come with its own.
struct TableCheck {
    /// The bytes of a file; throws why it cannot be read.
    let read: (String) throws -> [UInt8]
    /// What is wrong inside of the files, with their own names and lines.
    private(set) var diagnostics: [Diagnostic] = []
    private var checked: Set<Key> = []

    private struct Key: Hashable {
        let path: String
        let format: TableFormat
    }

    init(read: @escaping (String) throws -> [UInt8]) {
        self.read = read
    }

    /// Looks at each table of the pools once.
    mutating func check(_ pools: [PoolDraft], _ findings: inout Findings) {
        for table in pools.flatMap({ $0.accessTables + $0.restrictionTables }) {
            // why: an inline table was looked at where it was written.
            guard table.name.inlineTable == nil else { continue }
            let (path, format) = (table.name.path, table.name.format)
            guard checked.insert(Key(path: path, format: format)).inserted else { continue }
            look(at: path, named: table.place, limit: AccessLimits.fileBytes, &findings) { format.read($0).mistakes }
        }
    }

    /// Looks at each table of the queue once.
    mutating func check(_ queue: QueueDraft, _ findings: inout Findings) {
        var seen: Set<String> = []
        for table in queue.transportTables where seen.insert(table.path).inserted {
            look(at: table.path, named: table.place, limit: TransportTable.byteLimit, &findings) {
                TransportTable($0).mistakes
            }
        }
    }

    private mutating func look(
        at path: String,
        named place: Word,
        limit: Int,
        _ findings: inout Findings,
        mistakes: ([UInt8]) -> [TableMistake]
    ) {
        guard diagnostics.count < ConfigurationLimits.diagnostics else { return }
        do {
            let bytes = try read(path)
            guard bytes.count <= limit else {
                return findings.error(at: place, "\(path) is larger than \(limit) bytes")
            }
            report(mistakes(bytes), SourceText(file: path, bytes: bytes))
        } catch {
            findings.error(at: place, "the table cannot be read: \(error)")
        }
    }

    private mutating func report(_ mistakes: [TableMistake], _ source: SourceText) {
        for mistake in mistakes {
            let finding = Finding(line: mistake.line - 1, offset: 0, mistake.message)
            let diagnostic = Diagnostic(finding, in: source, secrets: [:])
            // why: a file that two lists use is wrong for both.
            if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        }
    }
}
