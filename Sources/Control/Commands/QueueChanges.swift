// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling

/// Changes to messages, in bounded parts, so that a queue of any size can be changed while mail flows.
enum QueueChanges {
    /// Ids handed to the spool in one transaction.
    private static let messagesPerChange = 200
    /// Ids that an answer names at most; further ones are counted.
    private static let namesPerAnswer = 100

    /// Applies `change` to the messages that the call names and says how many were `done`.
    static func apply(_ change: QueueChange, _ call: Invocation, _ done: String) -> Answer {
        guard let spool = call.operations.spool else { return QueueCommands.noQueue }
        let selection: QueueSelection
        do { selection = try QueueSelection(call.arguments) } catch { return .failure(error.text) }
        let change = Change(
            spool: spool,
            operations: call.operations,
            change: change,
            done: done,
            selection: selection,
            started: call.operations.now()
        )
        if !selection.ids.isEmpty {
            guard !selection.isEverything else { return .failure("Either queue ids or ALL.\n") }
            return change.named()
        }
        guard selection.isEverything || selection.hasFilter else {
            return .failure("Require queue ids, a filter, or ALL (use 'queue list').\n")
        }
        return .page(change.page(after: nil, Tally()))
    }

    /// What has been done so far.
    private struct Tally: Sendable {
        var count = 0
        var busy: [QueueID] = []
        var busyCount = 0
        var missing: [QueueID] = []

        mutating func add(_ change: Courier.Change) {
            count += change.count
            busyCount += change.busy.count
            busy += change.busy.sorted().prefix(max(0, namesPerAnswer - busy.count))
        }
    }

    private struct Change: Sendable {
        let spool: any Spool
        let operations: ControlOperations
        let change: QueueChange
        let done: String
        let selection: QueueSelection
        /// When the command came: messages that arrive later are left alone, so that a walk ends.
        let started: Int64

        /// A page of a walk over the whole queue.
        func page(after: QueueID?, _ tally: Tally) -> AnswerPage {
            var tally = tally
            do throws(SpoolError) {
                let envelopes = try spool.list(after: after, limit: messagesPerChange)
                let chosen = selection.choose(envelopes, operations, now: started).chosen.filter {
                    $0.arrival <= started
                }
                tally.add(try run(Array(chosen.prefix(selection.limit - tally.count))))
                let isLast = envelopes.count < messagesPerChange || tally.count >= selection.limit
                guard !isLast, let last = envelopes.last, last.arrival <= started else {
                    return AnswerPage(text(tally))
                }
                return AnswerPage("") { [tally] in page(after: last.id, tally) }
            } catch {
                return AnswerPage(text(tally), failure: error.line)
            }
        }

        /// The messages that were named by id.
        func named() -> Answer {
            var tally = Tally()
            do throws(SpoolError) {
                var found: [Envelope] = []
                for id in selection.ids.prefix(selection.limit) {
                    do throws(SpoolError) {
                        found.append(try spool.envelope(of: id))
                    } catch .unknown {
                        tally.missing.append(id)
                    }
                }
                for start in stride(from: 0, to: found.count, by: messagesPerChange) {
                    let part = Array(found[start..<min(start + messagesPerChange, found.count)])
                    tally.add(try run(selection.choose(part, operations, now: started).chosen))
                }
                let text = text(tally)
                let isRefused = tally.count == 0 && (!tally.missing.isEmpty || tally.busyCount > 0)
                guard isRefused else { return .text(text) }
                // why both: JSON says it to a program, and the failure makes the exit status what it is without JSON.
                return selection.isJSON ? .page(AnswerPage(text, failure: reasons(tally))) : .failure(reasons(tally))
            } catch {
                return .failure(error.line)
            }
        }

        private func run(_ envelopes: [Envelope]) throws(SpoolError) -> Courier.Change {
            let ids = envelopes.map(\.id)
            guard !selection.isDryRun, !ids.isEmpty else { return Courier.Change(count: ids.count) }
            guard let courier = operations.courier else { return Courier.Change(count: try spool.change(ids, change)) }
            if case .reschedule = change {
                courier.revive(recipients: envelopes.flatMap { $0.recipients.map(\.address) })
            }
            return try courier.change(ids, change)
        }

        // MARK: words

        private func text(_ tally: Tally) -> String {
            if selection.isJSON { return json(tally) }
            let messages = "\(tally.count) message\(tally.count == 1 ? "" : "s")"
            return "\(messages) \(selection.isDryRun ? "would be " : "")\(done)\n" + reasons(tally)
        }

        private func reasons(_ tally: Tally) -> String {
            var text = tally.missing.map { SpoolError.unknown($0).line }.joined()
            for id in tally.busy { text += "Left alone: \(id) is being delivered at this moment, try again.\n" }
            let more = tally.busyCount - tally.busy.count
            if more > 0 { text += "Left alone: \(more) more that are being delivered at this moment.\n" }
            return text
        }

        private func json(_ tally: Tally) -> String {
            func list(_ ids: [QueueID]) -> String { "[" + ids.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
            return "{\"done\": \"\(done)\", \"count\": \(tally.count), \"dry_run\": \(selection.isDryRun), "
                + "\"busy\": \(tally.busyCount), \"busy_ids\": \(list(tally.busy)), "
                + "\"missing_ids\": \(list(tally.missing))}\n"
        }
    }
}
