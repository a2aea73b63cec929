// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import Spooling

extension SpoolConformance {
    /// What must hold of drafts and commits.
    static let taking: [SpoolConformance] = [
        SpoolConformance("a committed message is there, as it came") { spool, clock in
            var envelope = Envelope.sample(
                "one@example.net",
                "\"q u\"@example.net",
                "zwei@beispiel-ä.example",
                sender: "s'x@example.org"
            )
            envelope.traits = [.leadingDots, .eightBit]
            envelope.messageID = "<a'b@example.org>"
            envelope.client = "client.example.org[2001:db8::1]"
            envelope.filter = "[127.0.0.1]:10024"
            let message = try await spool.accept(envelope, "hello\r\n")
            envelope.id = message.envelope.id
            envelope.size = 7
            envelope.arrival = clock.now
            for index in envelope.recipients.indices { envelope.recipients[index].due = clock.now }
            try require(message.envelope, is: envelope, "committed")
            try require(spool.envelope(of: envelope.id), is: envelope, "envelope")
            try require(spool.list(after: nil, limit: 10), is: [envelope], "list")
            try require(message.body?.bytes, is: ByteBuffer(string: "hello\r\n"), "body in memory")
            try require(spool.wholeBody(of: envelope.id), is: ByteBuffer(string: "hello\r\n"), "body")
        },
        SpoolConformance("the null sender and an empty body are fine") { spool, _ in
            let message = try await spool.accept(.sample(sender: ""), "")
            let stored = try spool.envelope(of: message.envelope.id)
            try require(stored.sender, is: "", "sender")
            try require(stored.size, is: 0, "size")
            try require(spool.wholeBody(of: stored.id), is: ByteBuffer(), "body")
        },
        SpoolConformance("a due time that is set is kept") { spool, clock in
            var envelope = Envelope.sample("one@example.net", "two@example.net")
            envelope.recipients[1].due = clock.now + 5000
            let message = try await spool.accept(envelope)
            try require(message.envelope.recipients.map(\.due), is: [clock.now, clock.now + 5000], "due")
        },
        SpoolConformance("ids grow, and no two are the same") { spool, clock in
            var ids: [QueueID] = []
            for round in 0..<200 {
                if round % 50 == 0 { clock.advance(by: round % 100 == 0 ? 3 : -7) }
                ids.append(try spool.draft().id)
            }
            try require(Set(ids).count, is: 200, "different ids")
            try require(ids, is: ids.sorted(), "order")
            try require(ids.allSatisfy { QueueID($0.description) == $0 }, "an id cannot be read back")
        },
        SpoolConformance("a draft is read back before it is committed") { spool, _ in
            for size in [100, 70_000, 1_048_577, 2_500_000] {
                let draft = try spool.draft()
                let body = sampleBody(size)
                var rest = body
                while let piece = rest.readSlice(length: min(65_536, rest.readableBytes)), piece.readableBytes > 0 {
                    _ = try draft.append(piece, resume: {})
                }
                var offset = 0
                while offset < size {
                    let start = offset
                    let piece = try await withCheckedThrowingContinuation { continuation in
                        draft.read(at: start, limit: 60_000) { continuation.resume(with: $0) }
                    }
                    let length = min(60_000, size - offset)
                    try require(
                        piece,
                        is: body.getSlice(at: offset, length: length) ?? ByteBuffer(),
                        "piece at \(offset)"
                    )
                    offset += length
                }
            }
        },
        SpoolConformance("bodies of every size come back whole and in pieces") { spool, _ in
            for size in [1, 100, 4096, 16_383, 16_384, 16_385, 65_536, 300_000, 1_048_576, 1_048_577, 2_500_000] {
                let body = sampleBody(size)
                let message = try await spool.accept(.sample(), body)
                try require(message.envelope.size, is: size, "size")
                try require(
                    spool.body(of: message.envelope.id, offset: 0, limit: size),
                    is: body,
                    "\(size) bytes at once"
                )
                try require(
                    spool.wholeBody(of: message.envelope.id, piece: 70_001),
                    is: body,
                    "\(size) bytes in pieces"
                )
                let tail = try spool.body(of: message.envelope.id, offset: size - 1, limit: 100)
                try require(tail.readableBytes, is: 1, "bytes at the end")
                let beyond = try spool.body(of: message.envelope.id, offset: size + 5, limit: 100)
                try require(beyond.readableBytes, is: 0, "bytes beyond the end")
            }
        },
        SpoolConformance("a dropped draft leaves nothing") { spool, _ in
            for size in [10, 100_000, 3_000_000] {
                let draft = try spool.draft()
                try await draft.fill(sampleBody(size))
            }
            try require(spool.list(after: nil, limit: 10).count, is: 0, "messages")
            try require(spool.statistics.queued.value, is: 0, "queued")
        },
        SpoolConformance("a draft is committed once") { spool, _ in
            let draft = try spool.draft()
            try await draft.fill(sampleBody(10))
            _ = try await spool.commit(draft, .sample()).get()
            guard case .failure(.unknown(draft.id)) = await spool.commit(draft, .sample()) else {
                throw ConformanceFailure("the second commit did not fail as unknown")
            }
            try require("append", fails: .unknown(draft.id)) { _ = try draft.append(sampleBody(1), resume: {}) }
            try require(spool.list(after: nil, limit: 10).count, is: 1, "messages")
        },
        SpoolConformance("a message nobody waits for is refused") { spool, _ in
            var done = Envelope.sample()
            done.recipients[0].state = .delivered
            var nobody = Envelope.sample()
            nobody.recipients = []
            for envelope in [done, nobody] {
                guard case .failure(.disk) = await spool.commit(try spool.draft(), envelope) else {
                    throw ConformanceFailure("it was accepted")
                }
            }
            try require(spool.statistics.queued.value, is: 0, "queued")
        },
        SpoolConformance("many at once: each is told once, and all are there") { spool, _ in
            var ids: [QueueID] = []
            try await withThrowingTaskGroup(of: [QueueID].self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var ids: [QueueID] = []
                        for round in 0..<100 {
                            let size = round % 25 == 0 ? 40_000 : 500
                            let message = try await spool.accept(.sample(), sampleBody(size, seed: UInt8(worker)))
                            ids.append(message.envelope.id)
                            if round % 2 == 0 { _ = try await spool.deliver(message.envelope) }
                        }
                        return ids
                    }
                }
                for try await some in group { ids += some }
            }
            try require(Set(ids).count, is: 800, "different ids")
            try require(spool.list(after: nil, limit: 1000).count, is: 400, "messages left")
            try require(spool.statistics.committed.value, is: 800, "committed")
            try require(spool.statistics.removed.value, is: 400, "removed")
            try require(spool.statistics.queued.value, is: 400, "queued")
        },
        SpoolConformance("a closed store says so") { spool, _ in
            let draft = try spool.draft()
            let message = try await spool.accept(.sample())
            spool.close()
            try require("draft", fails: .closing) { _ = try spool.draft() }
            try require("list", fails: .closing) { _ = try spool.list(after: nil, limit: 1) }
            try require("envelope", fails: .closing) { _ = try spool.envelope(of: message.envelope.id) }
            try require("body", fails: .closing) { _ = try spool.wholeBody(of: message.envelope.id) }
            try require("due", fails: .closing) { _ = try spool.due(at: 0, limit: 1, excluding: []) }
            try require("change", fails: .closing) { _ = try spool.change([message.envelope.id], .hold) }
            guard case .failure(.closing) = await spool.commit(draft, .sample()) else {
                throw ConformanceFailure("commit did not fail as closing")
            }
            guard case .failure(.closing) = await spool.record(Outcome(id: message.envelope.id, recipients: [])) else {
                throw ConformanceFailure("record did not fail as closing")
            }
            spool.close()
        },
    ]
}
