// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// Prints rows of `show stat` in HAProxy's three shapes.
package enum StatText {
    /// The header and one line a row.
    package static func csv(_ rows: [StatisticsRow], _ circumstances: StatCircumstances) -> String {
        var text = StatColumns.header + "\n"
        for row in rows {
            for column in StatColumns.general {
                text += column.read(row, circumstances).map(cell) ?? ""
                text += ","
            }
            text += "-,"
            for column in StatColumns.modules {
                text += column.read(row, circumstances).map(cell) ?? ""
                text += ","
            }
            text += "\n"
        }
        return text
    }

    private static func cell(_ value: Field.Value) -> String {
        switch value {
        case .number(let number, let width): return String(width.clamp(number))
        case .text(let text):
            let line = PlainText.line(text)
            guard line.contains(where: { $0 == "," || $0 == "\"" }) else { return line }
            return "\"" + line.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        }
    }

    /// One line a field: `F.2.0.7.stot.1:MCP:u64:2`.
    package static func typed(
        _ rows: [StatisticsRow],
        _ circumstances: StatCircumstances,
        described: Bool
    ) -> String {
        var text = ""
        for row in rows {
            for field in fields(of: row, circumstances) {
                text += "\(row.kind.letter).\(row.proxyID).\(row.serviceID).\(field.typed(described: described))\n"
            }
        }
        return text
    }

    /// One array of arrays of fields, without white space.
    package static func json(
        _ rows: [StatisticsRow],
        _ circumstances: StatCircumstances,
        described: Bool
    ) -> String {
        let arrays = rows.map { row in
            let objects = fields(of: row, circumstances).map { field in
                "{\"objType\":\"\(row.kind.name)\",\"proxyId\":\(row.proxyID),\"id\":\(row.serviceID),"
                    + field.json(described: described) + "}"
            }
            return "[" + objects.joined(separator: ",") + "]"
        }
        return "[" + arrays.joined(separator: ",") + "]\n"
    }

    private static func fields(of row: StatisticsRow, _ circumstances: StatCircumstances) -> [Field] {
        (StatColumns.general + StatColumns.modules).enumerated().compactMap { position, column in
            column.field(of: row, at: position, circumstances)
        }
    }
}

extension StatisticsRow.Kind {
    fileprivate var letter: String {
        switch self {
        case .frontend: "F"
        case .backend: "B"
        case .server: "S"
        case .listener: "L"
        }
    }

    fileprivate var name: String {
        switch self {
        case .frontend: "Frontend"
        case .backend: "Backend"
        case .server: "Server"
        case .listener: "Listener"
        }
    }
}
