// SPDX-License-Identifier: Apache-2.0

/// One printed number or text of `show stat` or `show info`, in the three shapes of HAProxy's runtime interface.
package struct Field: Sendable, Equatable {
    /// What a field holds, with HAProxy's type names.
    package enum Value: Sendable, Equatable {
        case text(String)
        /// Printed within the bounds of its type.
        case number(Int, Width)
    }

    /// The integer types of the typed and JSON shapes.
    package enum Width: String, Sendable, Equatable {
        case u32, s32, u64
    }

    /// Position, name and description are part of the interface: tools find fields by the first two.
    package var position: Int
    /// The column's or line's name in HAProxy's spelling.
    package var name: String
    /// Three letters for origin, nature and scope, such as `MCP`: a metric, a counter, of the process.
    package var tags: String
    /// What is printed.
    package var value: Value
    /// What `desc` prints behind the value.
    package var summary: String

    /// One field of one row.
    package init(_ position: Int, _ name: String, _ tags: String, _ value: Value, _ summary: String) {
        self.position = position
        self.name = name
        self.tags = tags
        self.value = value
        self.summary = summary
    }
}

extension Field {
    /// The value as the plain shapes print it.
    package var text: String {
        switch value {
        case .text(let text): PlainText.line(text)
        case .number(let number, let width): String(width.clamp(number))
        }
    }

    private var typeName: String {
        switch value {
        case .text: "str"
        case .number(_, let width): width.rawValue
        }
    }

    /// `name.process:tags:type:value`, the part that `show stat typed` and `show info typed` share.
    package func typed(described: Bool) -> String {
        "\(position).\(name).1:\(tags):\(typeName):\(text)" + (described ? ":\"\(summary)\"" : "")
    }

    /// `"field":{...},"processNum":1,"tags":{...},"value":{...}`, the part that both JSON dumps share.
    package func json(described: Bool) -> String {
        var line = "\"field\":{\"pos\":\(position),\"name\":\(JSONText.string(name))},\"processNum\":1,\"tags\":{"
        line += Field.names(of: tags) + "},"
        if described { line += "\"desc\":\(JSONText.string(summary))," }
        line += "\"value\":{\"type\":\"\(typeName)\",\"value\":"
        switch value {
        case .text(let text): line += JSONText.string(text)
        case .number: line += text
        }
        return line + "}"
    }

    private static func names(of tags: String) -> String {
        let letters = Array(tags)
        guard letters.count == 3 else { return "" }
        let origin = ["M": "Metric", "S": "Status", "K": "Key", "C": "Config", "P": "Product"]
        let nature = [
            "A": "Age", "a": "Avg", "C": "Counter", "D": "Duration", "G": "Gauge", "L": "Limit", "M": "Max",
            "m": "Min", "N": "Name", "O": "Output", "R": "Rate", "T": "Time",
        ]
        let scope = ["C": "Cluster", "P": "Process", "S": "Service", "Y": "System"]
        return "\"origin\":\"\(origin[String(letters[0])] ?? "Metric")\","
            + "\"nature\":\"\(nature[String(letters[1])] ?? "Gauge")\","
            + "\"scope\":\"\(scope[String(letters[2])] ?? "Process")\""
    }
}

extension Field.Width {
    /// The nearest number that the type can hold.
    package func clamp(_ number: Int) -> Int {
        switch self {
        case .u32: min(max(number, 0), Int(UInt32.max))
        case .s32: min(max(number, Int(Int32.min)), Int(Int32.max))
        case .u64: max(number, 0)
        }
    }
}
