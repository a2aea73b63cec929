// SPDX-License-Identifier: Apache-2.0

/// One table of the page: a caption, column heads, row heads, and a frame that scrolls sideways by itself.
struct PageTable {
    /// A column; `isWide` ones are left out on narrow screens.
    struct Column {
        var title: String
        var isNumber = false
        var isWide = false
        /// Long text, which may wrap.
        var isText = false

        static func text(_ title: String, wide: Bool = false) -> Column { Column(title: title, isWide: wide) }
        static func number(_ title: String, wide: Bool = false) -> Column {
            Column(title: title, isNumber: true, isWide: wide)
        }
        static func prose(_ title: String) -> Column { Column(title: title, isText: true) }

        fileprivate var classes: [String] {
            (isNumber ? ["n"] : []) + (isWide ? ["w"] : []) + (isText ? ["t"] : [])
        }
    }

    /// A cell: HTML, and whether it is to stand back.
    struct Cell {
        var html: String
        var isQuiet = false

        static func text(_ text: String) -> Cell { Cell(html: HTMLText.escape(text), isQuiet: text == "-") }
        static func html(_ html: String) -> Cell { Cell(html: html) }
        static func count(_ number: Int) -> Cell { Cell(html: ReadableNumber.count(number), isQuiet: number == 0) }
        static func bytes(_ number: Int) -> Cell { Cell(html: ReadableNumber.bytes(number), isQuiet: number == 0) }
        /// A number that may be missing.
        static func limit(_ number: Int?) -> Cell {
            number.map { $0 > 0 ? count($0) : Cell(html: "-", isQuiet: true) } ?? Cell(html: "-", isQuiet: true)
        }
    }

    let id: String
    let caption: String
    let columns: [Column]
    private var body = ""

    /// - Parameter caption: HTML.
    init(_ id: String, caption: String, columns: [Column]) {
        self.id = id
        self.caption = caption
        self.columns = columns
    }

    /// Adds a row whose first cell names it. `attributes` is HTML, already escaped.
    mutating func add(_ cells: [Cell], attributes: String = "") {
        body += attributes.isEmpty ? "<tr>" : "<tr \(attributes)>"
        for (index, cell) in cells.enumerated() {
            var classes = index < columns.count ? columns[index].classes : []
            if cell.isQuiet { classes.append("z") }
            let attribute = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
            body += index == 0 ? "<th scope=\"row\"\(attribute)>\(cell.html)</th>" : "<td\(attribute)>\(cell.html)</td>"
        }
        body += "</tr>"
    }

    var isEmpty: Bool { body.isEmpty }

    var html: String {
        let heads = columns.map { column in
            let attribute = column.classes.isEmpty ? "" : " class=\"\(column.classes.joined(separator: " "))\""
            return "<th scope=\"col\"\(attribute)>\(HTMLText.escape(column.title))</th>"
        }
        return "<div class=\"roll\" id=\"\(id)\" role=\"region\" aria-labelledby=\"\(id)-c\" tabindex=\"0\"><table>"
            + "<caption id=\"\(id)-c\">\(caption)</caption><thead><tr>\(heads.joined())</tr></thead>"
            + "<tbody>\(body)</tbody></table></div>"
    }
}
