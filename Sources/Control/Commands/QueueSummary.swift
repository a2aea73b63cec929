// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling
import Synchronization

/// `queue summary`: what waits, by destination and age (Postfix: qshape), counted page by page.
enum QueueSummary {
    /// Messages read from the spool for one part of the count.
    private static let messagesPerPage = 500
    /// Groups that are counted apart; the rest is one group.
    private static let groupLimit = 10_000

    static func answer(_ call: Invocation) -> Answer {
        guard let spool = call.operations.spool else { return QueueCommands.noQueue }
        let selection: QueueSelection
        do { selection = try QueueSelection(call.arguments) } catch { return .failure(error.text) }
        guard selection.ids.isEmpty else { return .failure("'queue summary' takes filters, no queue ids.\n") }
        let walk = Walk(
            spool: spool,
            operations: call.operations,
            selection: selection,
            counts: Mutex(QueueShape(by: selection.grouping.rawValue)),
            now: call.operations.now()
        )
        return .page(walk.page(after: nil))
    }

    /// A count under way; a class, so that it is not copied from page to page.
    private final class Walk: Sendable {
        private let spool: any Spool
        private let operations: ControlOperations
        private let selection: QueueSelection
        private let counts: Mutex<QueueShape>
        private let now: Int64

        init(
            spool: any Spool,
            operations: ControlOperations,
            selection: QueueSelection,
            counts: consuming sending Mutex<QueueShape>,
            now: Int64
        ) {
            self.spool = spool
            self.operations = operations
            self.selection = selection
            self.counts = counts
            self.now = now
        }

        func page(after: QueueID?) -> AnswerPage {
            do throws(SpoolError) {
                let envelopes = try spool.list(after: after, limit: messagesPerPage)
                let (chosen, active) = selection.choose(envelopes, operations, now: now)
                let grouping = selection.grouping
                counts.withLock { shape in
                    for envelope in chosen {
                        shape.add(
                            envelope,
                            names: QueueSummary.names(envelope, grouping, isActive: active.contains(envelope.id)),
                            now: now,
                            groupLimit: groupLimit
                        )
                    }
                }
                guard envelopes.count == messagesPerPage, let last = envelopes.last else { return finish() }
                return AnswerPage("") { [self] in page(after: last.id) }
            } catch {
                return AnswerPage("", failure: error.line)
            }
        }

        private func finish() -> AnswerPage {
            let shape = counts.withLock { $0 }
            return AnswerPage(selection.isJSON ? shape.json : shape.table)
        }
    }

    /// The groups that a message counts in, once each entry.
    private static func names(
        _ envelope: Envelope,
        _ grouping: QueueSelection.Grouping,
        isActive: Bool
    ) -> [String] {
        switch grouping {
        case .destination:
            envelope.recipients.filter { $0.state == .pending }.map { Router.domain(of: $0.address) }
        case .sender: [envelope.sender.isEmpty ? "MAILER-DAEMON" : Router.domain(of: envelope.sender)]
        case .state: [QueueSelection.State(envelope, isActive: isActive).rawValue]
        }
    }
}
