// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Commands about stick tables, with HAProxy's lines and texts (HAProxy management guide 9.3).
enum TableCommands {
    static let all: [Command] = [
        Command("show table", "[<table> [key <key> | data.<type> <op> <value>]]", "list stick tables, or one's entries")
        {
            call in show(call)
        },
        Command("set table", "<table> key <key> [data.<type> <value>]*", level: .admin, "set counters of a key") {
            call in
            set(call)
        },
        Command(
            "clear table",
            "<table> [key <key> | data.<type> <op> <value>]",
            level: .admin,
            "forget entries of a stick table"
        ) { call in clear(call) },
    ]

    /// Entries printed in one part of the answer.
    private static let rowsPerPage = 500

    /// Which entries are meant.
    private enum Selection {
        case all
        case key(IPAddress)
        case data(StickCounter, (Int) -> Bool)
    }

    private struct Refusal: Error {
        let text: String
    }

    // MARK: The commands

    private static func show(_ call: Invocation) -> Answer {
        let tables = call.operations.balancer.tables()
        guard !call.first.isEmpty else {
            // The newest first, as HAProxy keeps them.
            let lines = tables.reversed().map(head).joined()
            return lines.isEmpty ? .silent : .text(lines)
        }
        guard let table = tables.first(where: { $0.settings.name == call.first }) else {
            return .failure("No such table\n")
        }
        do throws(Refusal) {
            let selection = try selection(call.arguments.dropFirst(), of: table)
            guard call.level >= .operator else {
                return .text(head(table) + "# contents not dumped due to insufficient privileges\n")
            }
            if case .data(let counter, _) = selection, !table.stores(counter) {
                return .failure("Filter entry #1: Data type not stored in this table\n")
            }
            let rows = chosen(table, selection)
            if case .key = selection, rows.isEmpty { return .silent }
            return .page(page(rows, from: 0, after: head(table)))
        } catch { return .failure(error.text) }
    }

    private static func set(_ call: Invocation) -> Answer {
        let usage = "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n"
        guard !call.first.isEmpty else { return .failure(usage) }
        guard let table = table(call) else { return .failure("No such table\n") }
        let words = Array(call.arguments.dropFirst())
        guard words.first == "key" else {
            guard words.first?.hasPrefix("data.") == true else { return words.isEmpty ? .silent : .failure(usage) }
            return .failure("content-based lookup is only supported with the \"show\" and \"clear\" actions\n")
        }
        do throws(Refusal) {
            guard words.count > 1 else { throw Refusal(text: "Key value expected\n") }
            let key = try address(words[1])
            var values: [(StickCounter, Int)] = []
            for index in stride(from: 2, to: words.count, by: 2) {
                let counter = try counter(words[index], of: table)
                guard index + 1 < words.count, let value = Int(words[index + 1]), value >= 0 else {
                    throw Refusal(text: "Require a valid integer value to store\n")
                }
                values.append((counter, value))
            }
            guard table.set(values, of: key) else { throw Refusal(text: "Unable to allocate a new entry\n") }
            return .silent
        } catch { return .failure(error.text) }
    }

    private static func clear(_ call: Invocation) -> Answer {
        guard !call.first.isEmpty else {
            return .failure(
                "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key>\n"
            )
        }
        guard let table = table(call) else { return .failure("No such table\n") }
        do throws(Refusal) {
            let selection = try selection(call.arguments.dropFirst(), of: table)
            var isKept = false
            for row in chosen(table, selection) where !table.remove(row.key) { isKept = true }
            if case .key = selection, isKept { return .failure("Entry currently in use, cannot remove\n") }
            return .silent
        } catch { return .failure(error.text) }
    }

    // MARK: Words

    private static func table(_ call: Invocation) -> StickTable? {
        call.operations.balancer.tables().first { $0.settings.name == call.first }
    }

    private static func selection(
        _ words: ArraySlice<String>,
        of table: StickTable
    ) throws(Refusal) -> Selection {
        var words = words
        guard let first = words.popFirst() else { return .all }
        if first == "key" {
            guard let key = words.first else { throw Refusal(text: "Key value expected\n") }
            return .key(try address(key))
        }
        guard first.hasPrefix("data.") else {
            throw Refusal(
                text: "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key <key>\n"
            )
        }
        let counter = try counter(first, of: table)
        let operators: [String: (Int, Int) -> Bool] = [
            "eq": { $0 == $1 }, "ne": { $0 != $1 }, "le": { $0 <= $1 }, "ge": { $0 >= $1 }, "lt": { $0 < $1 },
            "gt": { $0 > $1 },
        ]
        guard let compare = words.popFirst().flatMap({ operators[$0] }) else {
            throw Refusal(
                text: "Filter entry #1: Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", \"gt\"\n"
            )
        }
        guard let value = words.popFirst().flatMap({ Int($0) }) else {
            throw Refusal(text: "Filter entry #1: Require a valid integer value to compare against\n")
        }
        return .data(counter) { compare($0, value) }
    }

    private static func counter(_ word: String, of table: StickTable) throws(Refusal) -> StickCounter {
        guard word.hasPrefix("data."), let counter = StickCounter(rawValue: String(word.dropFirst(5))) else {
            throw Refusal(text: "Unknown data type\n")
        }
        guard table.stores(counter) else { throw Refusal(text: "Data type not stored in this table\n") }
        return counter
    }

    private static func address(_ text: String) throws(Refusal) -> IPAddress {
        // HAProxy takes what is no address for 0.0.0.0, which counts for nobody.
        guard let address = IPAddress(text) else { throw Refusal(text: "Invalid key\n") }
        return address
    }

    private static func chosen(_ table: StickTable, _ selection: Selection) -> [StickTableStore.Row] {
        switch selection {
        case .all: table.rows()
        case .key(let key): table.rows().filter { $0.key == key }
        case .data(let counter, let matches):
            table.rows().filter { row in row.values.contains { $0.stored.counter == counter && matches($0.value) } }
        }
    }

    // MARK: Lines

    /// `# table: t_src, type: ip, size:10240, used:1`.
    private static func head(_ table: StickTable) -> String {
        let settings = table.settings
        return "# table: \(PlainText.word(settings.name)), type: \(settings.type.rawValue), size:\(settings.size), "
            + "used:\(table.count)\n"
    }

    private static func page(
        _ rows: [StickTableStore.Row],
        from start: Int,
        after head: String = ""
    ) -> AnswerPage {
        let end = min(start + rowsPerPage, rows.count)
        let text = head + rows[start..<end].map(line).joined()
        guard end < rows.count else { return AnswerPage(text) }
        return AnswerPage(text) { page(rows, from: end) }
    }

    private static func line(_ row: StickTableStore.Row) -> String {
        // The address of HAProxy's entry in memory, which identifies it: ours is made of the key.
        let number = String(row.key.high ^ row.key.low, radix: 16)
        var line = "0x\(number): key=\(row.keyText) use=\(row.uses) exp=\(row.expiresIn)"
        for (stored, value) in row.values {
            let period = stored.counter.isRate ? "(\(stored.period))" : ""
            line += " \(stored.counter.rawValue)\(period)=\(value)"
        }
        return line + "\n"
    }
}

extension StickTable {
    fileprivate func stores(_ counter: StickCounter) -> Bool { settings.stored.contains { $0.counter == counter } }
}
