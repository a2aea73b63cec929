// SPDX-License-Identifier: Apache-2.0

import Spooling

extension SpoolConformance {
    /// What must hold of lists and of operators' changes.
    static let operating: [SpoolConformance] = [
        SpoolConformance("a list goes on where the last one ended") { spool, _ in
            var ids: [QueueID] = []
            for _ in 0..<7 { ids.append(try await spool.accept(.sample()).envelope.id) }
            var seen: [QueueID] = []
            while true {
                let page = try spool.list(after: seen.last, limit: 3)
                if page.isEmpty { break }
                try require(page.count <= 3, "a page of \(page.count)")
                seen += page.map(\.id)
            }
            try require(seen, is: ids, "pages")
        },
        SpoolConformance("a held message is not due until it is released") { spool, clock in
            let id = try await spool.accept(.sample("a@x.example", "b@x.example")).envelope.id
            try require(spool.change([id], .hold), is: 1, "held")
            try require(spool.envelope(of: id).held, "not held")
            let (due, next) = try spool.due(at: .max, limit: 9, excluding: [])
            try require(due.count, is: 0, "due while held")
            try require(next, is: nil, "next while held")
            // An outcome of an attempt that was under way does not release it.
            let later = try spool.envelope(of: id).recipients[0].after(.pending, due: clock.now + 5)
            _ = try await spool.record(Outcome(id: id, recipients: [(0, later)])).get()
            try require(spool.due(at: .max, limit: 9, excluding: []).messages.count, is: 0, "due after an outcome")
            try require(spool.change([id], .release), is: 1, "released")
            try require(spool.due(at: clock.now, limit: 9, excluding: []).messages.count, is: 1, "due after release")
        },
        SpoolConformance("pending recipients are rescheduled, others are not touched") { spool, clock in
            let message = try await spool.accept(.sample("a@x.example", "b@x.example", "c@x.example"))
            let id = message.envelope.id
            let failed = message.envelope.recipients[1].after(.failed)
            let later = message.envelope.recipients[2].after(.pending, due: clock.now + 99)
            _ = try await spool.record(Outcome(id: id, recipients: [(1, failed), (2, later)])).get()
            try require(spool.change([id], .reschedule(clock.now + 7)), is: 1, "changed")
            let due = try spool.envelope(of: id).recipients.map(\.due)
            try require(due, is: [clock.now + 7, failed.due, clock.now + 7], "due")
            try require(spool.due(at: clock.now, limit: 9, excluding: []).next, is: clock.now + 7, "next")
        },
        SpoolConformance("changes count the messages there are") { spool, _ in
            let first = try await spool.accept(.sample(), sampleBody(30)).envelope.id
            let second = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(50_000)).envelope.id
            let third = try await spool.accept(.sample(), sampleBody(2_000_000)).envelope.id
            try require(spool.change([], .delete), is: 0, "nothing")
            try require(spool.change([QueueID(value: 1 << 50)], .delete), is: 0, "an unknown id")
            try require(spool.change([first, QueueID(value: 1 << 50), second, third], .delete), is: 3, "deleted")
            try require(spool.list(after: nil, limit: 9).count, is: 0, "left")
            try require(spool.statistics.queued.value, is: 0, "queued")
            try require(spool.statistics.removed.value, is: 3, "removed")
        },
        SpoolConformance("an outcome after the deletion is about an unknown message") { spool, _ in
            let message = try await spool.accept(.sample("a@x.example", "b@x.example"))
            try require(spool.change([message.envelope.id], .delete), is: 1, "deleted")
            let outcome = Outcome(
                id: message.envelope.id,
                recipients: [(0, message.envelope.recipients[0].after(.delivered))]
            )
            guard case .failure(.unknown(message.envelope.id)) = await spool.record(outcome) else {
                throw ConformanceFailure("it was recorded")
            }
        },
    ]
}
