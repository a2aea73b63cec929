// SPDX-License-Identifier: Apache-2.0

import Spooling

/// `trace`: a message's way from the client's connect to its removal.
enum TraceCommands {
    static let all: [Command] = [
        Command("trace", "<id> [json]", level: .operator, "print what the log said of a message") { call in
            trace(call)
        }
    ]

    private static func trace(_ call: Invocation) -> Answer {
        let words = call.arguments.filter { $0 != "json" }
        guard words.count == 1, let id = QueueID(words[0]) else { return .failure("Require one queue id.\n") }
        let isJSON = words.count < call.arguments.count
        let lines = call.operations.history?.lines(about: id.description) ?? []
        var text = ""
        for line in lines {
            text += isJSON ? json(line) : plain(line, zone: call.operations.facts.zoneOffset(line.time))
        }
        let envelope = call.operations.spool.flatMap { try? $0.envelope(of: id) }
        if let envelope {
            let isActive = call.operations.courier?.active(among: [id]).isEmpty == false
            if isJSON {
                text += QueueText.json(envelope, isActive: isActive)
            } else {
                text += "The message is in the queue:\n"
                text += QueueText.details(
                    envelope,
                    now: call.operations.now(),
                    zoneOffset: call.operations.facts.zoneOffset(envelope.arrival),
                    isActive: isActive
                )
            }
        }
        guard !text.isEmpty else {
            return .failure(
                "No trace of \(id): it is not in the queue, and the last log lines (trace_history) do not name it."
                    + " Where the log goes to the journal, ask 'journalctl RELAYBOX_QUEUE_ID=\(id)'.\n"
            )
        }
        return .text(text)
    }

    private static func plain(_ line: TraceHistory.Line, zone: Int) -> String {
        let time = CalendarTime(line.time, offset: zone).precise
        return "\(time) \(line.record.identifier): \(PlainText.printable(line.record.message))\n"
    }

    private static func json(_ line: TraceHistory.Line) -> String {
        let queueID = line.record.queueID.map { JSONText.string($0) } ?? "null"
        return "{\"time\": \(line.time), \"identifier\": \(JSONText.string(line.record.identifier)), "
            + "\"message\": \(JSONText.string(line.record.message)), \"session\": \"\(line.record.session)\", "
            + "\"queue_id\": \(queueID)}\n"
    }
}
