// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import Spooling

extension SpoolConformance {
    /// What must hold of outcomes and of what is due.
    static let delivering: [SpoolConformance] = [
        SpoolConformance("a delivered message is gone") { spool, _ in
            for size in [10, 100_000, 2_000_000] {
                let message = try await spool.accept(.sample(), sampleBody(size))
                let receipt = try await spool.deliver(message.envelope)
                try require(receipt.removed, "not removed")
                let id = message.envelope.id
                try require("envelope", fails: .unknown(id)) { _ = try spool.envelope(of: id) }
                try require("body", fails: .unknown(id)) { _ = try spool.body(of: id, offset: 0, limit: 10) }
                guard case .failure(.unknown(id)) = await spool.record(Outcome(id: id, recipients: [])) else {
                    throw ConformanceFailure("a second outcome did not fail as unknown")
                }
            }
            try require(spool.statistics.queued.value, is: 0, "queued")
        },
        SpoolConformance("a deferred message stays, with its reason") { spool, clock in
            let message = try await spool.accept(.sample(), sampleBody(5000))
            let later = message.envelope.recipients[0].after(
                .pending,
                due: clock.now + 300_000,
                reason: "451 4.7.1 wait"
            )
            let receipt = try await spool.record(Outcome(id: message.envelope.id, recipients: [(0, later)])).get()
            try require(!receipt.removed, "removed")
            try require(spool.envelope(of: message.envelope.id).recipients, is: [later], "recipients")
            try require(spool.wholeBody(of: message.envelope.id), is: sampleBody(5000), "body")
            let (due, next) = try spool.due(at: clock.now, limit: 10, excluding: [])
            try require(due.count, is: 0, "due now")
            try require(next, is: clock.now + 300_000, "next")
            try require(spool.due(at: clock.now + 300_000, limit: 10, excluding: []).messages.count, is: 1, "due then")
        },
        SpoolConformance("recipients end one by one, and each only once") { spool, clock in
            let message = try await spool.accept(.sample("a@x.example", "b@x.example", "c@x.example"))
            let id = message.envelope.id
            let all = message.envelope.recipients
            let second = all[1].after(.failed, reason: "550 5.1.1 no")
            _ = try await spool.record(Outcome(id: id, recipients: [(1, second)])).get()
            // Too late, out of range, negative: without effect.
            let odd = [(1, all[1].after(.delivered)), (3, all[0].after(.delivered)), (-1, all[0].after(.delivered))]
            let receipt = try await spool.record(Outcome(id: id, recipients: odd)).get()
            try require(!receipt.removed, "removed too early")
            let third = all[2].after(.pending, due: clock.now + 1000, reason: "450 later")
            _ = try await spool.record(Outcome(id: id, recipients: [(0, all[0].after(.delivered)), (2, third)])).get()
            var first = all[0].after(.delivered)
            first.due = all[0].due
            try require(spool.envelope(of: id).recipients, is: [first, second, third], "recipients")
            try require(spool.due(at: clock.now, limit: 9, excluding: []).next, is: clock.now + 1000, "next")
            let last = try await spool.record(Outcome(id: id, recipients: [(2, third.after(.delivered))])).get()
            try require(last.removed, "not removed at the end")
        },
        SpoolConformance("a report is committed along with the outcome") { spool, clock in
            let message = try await spool.accept(.sample())
            clock.advance(by: 1000)
            var report = Envelope.sample("sender@example.org", sender: "")
            report.traits = .report
            let failed = message.envelope.recipients[0].after(.failed, reason: "550 5.1.1 no")
            let body = ByteBuffer(string: "Subject: Undelivered\r\n\r\n")
            let outcome = Outcome(id: message.envelope.id, recipients: [(0, failed)], report: (report, body))
            let receipt = try await spool.record(outcome).get()
            guard receipt.removed, let queued = receipt.report else { throw ConformanceFailure("no report") }
            try require(queued.envelope.id > message.envelope.id, "the report's id is not new")
            try require(queued.body?.bytes, is: body, "the report's body in memory")
            try require(spool.list(after: nil, limit: 9), is: [queued.envelope], "list")
            try require(queued.envelope.arrival, is: clock.now, "arrival")
            try require(queued.envelope.recipients[0].due, is: clock.now, "due")
            try require(queued.envelope.size, is: body.readableBytes, "size")
            try require(spool.wholeBody(of: queued.envelope.id), is: body, "the report's body")
        },
        SpoolConformance("no report for a message that is gone") { spool, _ in
            let message = try await spool.accept(.sample())
            _ = try spool.change([message.envelope.id], .delete)
            let failed = message.envelope.recipients[0].after(.failed)
            let report = (envelope: Envelope.sample(sender: ""), body: sampleBody(9))
            let result = await spool.record(Outcome(id: message.envelope.id, recipients: [(0, failed)], report: report))
            guard case .failure(.unknown(message.envelope.id)) = result else { throw ConformanceFailure("\(result)") }
            try require(spool.statistics.queued.value, is: 0, "queued")
        },
        SpoolConformance("the oldest due come first, within the limit, without the excluded") { spool, clock in
            var ids: [QueueID] = []
            for offset in [50, 10, 40, 20, 30] as [Int64] {
                var envelope = Envelope.sample("a@x.example", "b@x.example")
                envelope.recipients[0].due = clock.now + offset + 500
                envelope.recipients[1].due = clock.now + offset
                ids.append(try await spool.accept(envelope).envelope.id)
            }
            func due(_ time: Int64, _ limit: Int, _ excluding: Set<QueueID> = []) throws -> ([QueueID], Int64?) {
                let (messages, next) = try spool.due(at: clock.now + time, limit: limit, excluding: excluding)
                return (messages.map(\.envelope.id), next.map { $0 - clock.now })
            }
            try require(due(9, 9) == ([], 10), "before the first: \(try due(9, 9))")
            try require(due(30, 9) == ([ids[1], ids[3], ids[4]], 40), "until 30: \(try due(30, 9))")
            try require(due(30, 2) == ([ids[1], ids[3]], 30), "two until 30: \(try due(30, 2))")
            try require(due(30, 9, [ids[3]]) == ([ids[1], ids[4]], 40), "without one: \(try due(30, 9, [ids[3]]))")
            try require(due(99, 9, Set(ids)) == ([], nil), "without all: \(try due(99, 9, Set(ids)))")
            try require(due(99, 9).1 == nil, "after all")
            try require(due(99, 0) == ([], 10), "none wanted: \(try due(99, 0))")
        },
    ]
}
