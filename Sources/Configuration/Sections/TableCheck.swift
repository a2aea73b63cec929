// SPDX-License-Identifier: Apache-2.0

import Delivery
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
        for table in pools.flatMap({ $0.accessTables + $0.restrictionTables })
        where diagnostics.count < ConfigurationLimits.diagnostics {
            // why: an inline table was looked at where it was written.
            guard table.name.entries == nil else { continue }
            let (path, format) = (table.name.path, table.name.format)
            guard checked.insert(Key(path: path, format: format)).inserted else { continue }
            do {
                let bytes = try read(path)
                guard bytes.count <= AccessLimits.fileBytes else {
                    let text = "\(path) is larger than \(AccessLimits.fileBytes) bytes"
                    findings.error(at: table.place, text)
                    continue
                }
                let mistakes = format.read(bytes).mistakes.map { ($0.line, $0.message) }
                report(mistakes, SourceText(file: path, bytes: bytes))
            } catch {
                findings.error(at: table.place, "the table cannot be read: \(error)")
            }
        }
    }

    /// Looks at each table of the queue once.
    mutating func check(_ queue: QueueDraft, _ findings: inout Findings) {
        var seen: Set<String> = []
        for table in queue.transportTables where diagnostics.count < ConfigurationLimits.diagnostics {
            guard seen.insert(table.path).inserted else { continue }
            do {
                let bytes = try read(table.path)
                guard bytes.count <= TransportTable.byteLimit else {
                    let text = "\(table.path) is larger than \(TransportTable.byteLimit) bytes"
                    findings.error(at: table.place, text)
                    continue
                }
                let mistakes = TransportTable(bytes).mistakes
                report(mistakes.map { ($0.line, $0.message) }, SourceText(file: table.path, bytes: bytes))
            } catch {
                findings.error(at: table.place, "the table cannot be read: \(error)")
            }
        }
    }

    private mutating func report(_ mistakes: [(line: Int, message: String)], _ source: SourceText) {
        for mistake in mistakes {
            let finding = Finding(line: mistake.line - 1, offset: 0, mistake.message)
            let diagnostic = Diagnostic(finding, in: source, secrets: [:])
            // why: a file that two lists use is wrong for both.
            if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
        }
    }
}
