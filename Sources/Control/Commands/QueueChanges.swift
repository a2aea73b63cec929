// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling

/// Changes to messages, in bounded parts, so that a queue of any size can be changed while mail flows.
enum QueueChanges {
    /// Ids handed to the spool in one transaction.
    private static let messagesPerChange = 200

    /// Applies `change` to the messages that the call names and says how many were `done`.
    static func apply(_ change: QueueChange, _ call: Invocation, _ done: String) -> Answer {
        guard let spool = call.operations.spool else { return QueueCommands.noQueue }
        let selection: QueueSelection
        do { selection = try QueueSelection(call.arguments) } catch { return .failure(error.text) }
        let change = Change(spool: spool, courier: call.operations.courier, change: change, done: done)
        if selection.isEverything {
            guard selection.ids.isEmpty else { return .failure("Either queue ids or ALL.\n") }
            return .page(change.page(of: selection, after: nil, before: call.operations.now(), count: 0))
        }
        guard !selection.ids.isEmpty else { return .failure("Require queue ids, or ALL (use 'queue list').\n") }
        return change.named(selection)
    }

    private struct Change: Sendable {
        let spool: any Spool
        let courier: Courier?
        let change: QueueChange
        let done: String

        /// A page of a walk over the whole queue; messages that arrived after `before` (milliseconds since 1970) are
        /// left alone, so that the walk ends.
        func page(of selection: QueueSelection, after: QueueID?, before: Int64, count: Int) -> AnswerPage {
            do throws(SpoolError) {
                let envelopes = try spool.list(after: after, limit: messagesPerChange)
                let chosen = envelopes.filter { selection.contains($0) && $0.arrival <= before }
                let ids = Array(chosen.map(\.id).prefix(selection.limit - count))
                let count = count + (try run(ids, dry: selection.isDryRun))
                let isLast = envelopes.count < messagesPerChange || count >= selection.limit
                guard !isLast, let last = envelopes.last, last.arrival <= before else {
                    return AnswerPage(sentence(count, dry: selection.isDryRun))
                }
                return AnswerPage("") { page(of: selection, after: last.id, before: before, count: count) }
            } catch {
                return AnswerPage(sentence(count, dry: selection.isDryRun) + error.line)
            }
        }

        /// The messages that were named by id.
        func named(_ selection: QueueSelection) -> Answer {
            do throws(SpoolError) {
                var ids: [QueueID] = []
                var missing: [QueueID] = []
                for id in selection.ids.prefix(selection.limit) {
                    do throws(SpoolError) {
                        if selection.contains(try spool.envelope(of: id)) { ids.append(id) }
                    } catch .unknown {
                        missing.append(id)
                    }
                }
                var count = 0
                for start in stride(from: 0, to: ids.count, by: messagesPerChange) {
                    let part = Array(ids[start..<min(start + messagesPerChange, ids.count)])
                    count += try run(part, dry: selection.isDryRun)
                }
                let lines = missing.map { SpoolError.unknown($0).line }.joined()
                if count == 0, !missing.isEmpty { return .failure(lines) }
                return .text(sentence(count, dry: selection.isDryRun) + lines)
            } catch {
                return .failure(error.line)
            }
        }

        private func run(_ ids: [QueueID], dry: Bool) throws(SpoolError) -> Int {
            guard !dry, !ids.isEmpty else { return ids.count }
            let count = try spool.change(ids, change)
            courier?.changed(ids, change)
            return count
        }

        private func sentence(_ count: Int, dry: Bool) -> String {
            "\(count) message\(count == 1 ? "" : "s") \(dry ? "would be " : "")\(done)\n"
        }
    }
}
