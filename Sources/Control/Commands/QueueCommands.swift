// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import Delivery
import Spooling

/// Commands on the queue: what waits in it, and what operators do to it (Postfix: postqueue, postcat, postsuper).
enum QueueCommands {
    static let all: [Command] = [
        Command(
            "queue list",
            "[json] [\(filters)|after|limit <v>]*",
            level: .operator,
            "list the messages in the queue"
        ) { call in list(call) },
        Command(
            "queue summary",
            "[json] [by destination|sender|state] [\(filters) <v>]*",
            level: .operator,
            "count what waits, by destination and age"
        ) { call in QueueSummary.answer(call) },
        Command("queue show", "<id> [body|json]", level: .operator, "show a message: envelope, header, or all of it") {
            call in show(call)
        },
        Command("queue flush", "[<id>]*", level: .admin, "try everything, or these messages, now") { call in
            flush(call)
        },
        Command("queue hold", usage, level: .admin, "keep messages back") { call in
            QueueChanges.apply(.hold, call, "held")
        },
        Command("queue release", usage, level: .admin, "let held messages go") { call in
            QueueChanges.apply(.release, call, "released")
        },
        Command("queue delete", usage, level: .admin, "remove messages without a report") { call in
            QueueChanges.apply(.delete, call, "deleted")
        },
        Command("queue requeue", usage, level: .admin, "make messages due now") { call in
            QueueChanges.apply(.reschedule(call.operations.now()), call, "requeued")
        },
    ]

    private static let filters = "sender|recipient|destination|older|younger|state"
    private static let usage = "<id>*|ALL [\(filters)|limit <v>]* [dry-run] [json]"

    /// Messages read from the spool for one part of an answer.
    static let messagesPerPage = 200
    /// Bytes of a message read for one part of an answer.
    private static let bytesPerPage = 65_536
    /// Bytes of header shown at most without `body`.
    private static let headerLimit = 262_144

    private static func list(_ call: Invocation) -> Answer {
        guard let spool = call.operations.spool else { return noQueue }
        let selection: QueueSelection
        do { selection = try QueueSelection(call.arguments) } catch { return .failure(error.text) }
        guard selection.ids.isEmpty else { return .failure("'queue list' takes filters (use 'queue show <id>').\n") }
        let walk = ListWalk(
            spool: spool,
            operations: call.operations,
            selection: selection,
            zone: call.operations.facts.zoneOffset,
            now: call.operations.now()
        )
        do throws(SpoolError) {
            return .page(try walk.page(after: selection.after, messages: 0, bytes: 0))
        } catch {
            return .failure(error.line)
        }
    }

    private struct ListWalk: Sendable {
        let spool: any Spool
        let operations: ControlOperations
        let selection: QueueSelection
        let zone: @Sendable (Int64) -> Int
        let now: Int64

        func page(after: QueueID?, messages: Int, bytes: Int) throws(SpoolError) -> AnswerPage {
            let envelopes = try spool.list(after: after, limit: messagesPerPage)
            var text = ""
            var messages = messages
            var bytes = bytes
            let (chosen, active) = selection.choose(envelopes, operations, now: now)
            for envelope in chosen where messages < selection.limit {
                let isActive = active.contains(envelope.id)
                if messages == 0, !selection.isJSON { text += QueueText.header }
                text +=
                    selection.isJSON
                    ? QueueText.json(envelope, isActive: isActive)
                    : QueueText.listing(envelope, zoneOffset: zone(envelope.arrival), isActive: isActive)
                messages += 1
                bytes += max(0, envelope.size)
            }
            guard envelopes.count == messagesPerPage, messages < selection.limit, let last = envelopes.last else {
                if !selection.isJSON { text += QueueText.total(messages: messages, bytes: bytes) }
                return AnswerPage(text)
            }
            return AnswerPage(text) { [messages, bytes] in
                do throws(SpoolError) {
                    return try page(after: last.id, messages: messages, bytes: bytes)
                } catch {
                    return AnswerPage("", failure: error.line)
                }
            }
        }
    }

    private static func show(_ call: Invocation) -> Answer {
        guard let spool = call.operations.spool else { return noQueue }
        let words = call.arguments.filter { $0 != "json" }
        guard let id = words.first.flatMap({ QueueID($0) }) else {
            return .failure("Require a queue id (use 'queue list').\n")
        }
        let isWhole = words.dropFirst().first == "body"
        do throws(SpoolError) {
            let envelope = try spool.envelope(of: id)
            let isActive = call.operations.courier?.active(among: [id]).isEmpty == false
            if words.count < call.arguments.count { return .text(QueueText.json(envelope, isActive: isActive)) }
            let now = call.operations.now()
            let zone = call.operations.facts.zoneOffset(envelope.arrival)
            let limit = isWhole ? envelope.size : min(envelope.size, headerLimit)
            let details = QueueText.details(envelope, now: now, zoneOffset: zone, isActive: isActive)
            guard limit > 0 else { return .text(details) }
            let walk = BodyWalk(spool: spool, id: id, limit: limit)
            return .page(AnswerPage(details) { walk.page(from: 0, BodyLines(headersOnly: !isWhole)) })
        } catch {
            return .failure(error.line)
        }
    }

    private struct BodyWalk: Sendable {
        let spool: any Spool
        let id: QueueID
        let limit: Int

        func page(from offset: Int, _ lines: BodyLines) -> AnswerPage {
            var lines = lines
            do throws(SpoolError) {
                let piece = try spool.body(of: id, offset: offset, limit: min(bytesPerPage, limit - offset))
                var bytes = lines.take(piece)
                let end = offset + piece.readableBytes
                guard piece.readableBytes > 0, end < limit, !lines.isOver else {
                    bytes.writeImmutableBuffer(lines.finish())
                    return AnswerPage(bytes)
                }
                return AnswerPage(bytes) { [lines] in page(from: end, lines) }
            } catch {
                return AnswerPage(lines.finish(), failure: error.line)
            }
        }
    }

    private static func flush(_ call: Invocation) -> Answer {
        guard call.operations.spool != nil, let courier = call.operations.courier else { return noQueue }
        guard call.arguments.isEmpty else {
            return QueueChanges.apply(.reschedule(call.operations.now()), call, "requeued")
        }
        courier.flush()
        return .silent
    }

    static let noQueue = Answer.failure("There is no queue: the configuration has no 'queue' section.\n")
}

extension SpoolError {
    /// What an operator is told, on one line.
    var line: String {
        switch self {
        case .full: "The spool is full.\n"
        case .disk(let reason): "The spool failed: \(PlainText.printable(reason))\n"
        case .busy: "The spool is busy.\n"
        case .closing: "The spool is closing.\n"
        case .unknown(let id): "No such message: \(id) (use 'queue list').\n"
        }
    }
}
