// SPDX-License-Identifier: Apache-2.0

/// One chart of the page: lines in an SVG, with their names and last values beside it in text.
struct PageChart {
    /// One line: a value for every sample, nil where there was none.
    struct Series {
        var name: String
        var values: [Double?]
        /// How the last and the largest value are written.
        var format: (Double) -> String
    }

    /// Points of a line at most: of several samples the largest is drawn.
    private static let points = 120
    private static let width = 600
    private static let height = 100

    let title: String
    let series: [Series]
    /// Samples that fill the whole width.
    let capacity: Int
    /// What the width is, in words.
    let span: String

    var html: String {
        let peak = series.flatMap(\.values).compactMap { $0 }.max() ?? 0
        let top = peak > 0 ? peak * 1.08 : 1
        let step = max(1, (capacity + Self.points - 1) / Self.points)
        var lines = ""
        var keys = ""
        var summary: [String] = []
        for (index, one) in series.enumerated().reversed() {
            lines += line(one.values, top: top, step: step, style: index % 6)
        }
        for (index, one) in series.enumerated() {
            let last = one.values.last.flatMap { $0 }.map(one.format) ?? "-"
            keys +=
                "<li><i class=\"k\(index % 6)\"></i>\(HTMLText.escape(one.name)) <b>\(HTMLText.escape(last))</b></li>"
            summary.append("\(one.name) \(last)")
        }
        let highest = series.first.map { $0.format(peak) } ?? "0"
        let label = HTMLText.escape("\(title), \(span): now \(summary.joined(separator: ", ")); highest \(highest)")
        return "<figure><figcaption>\(HTMLText.escape(title)) <span>highest \(HTMLText.escape(highest)), \(span)</span>"
            + "</figcaption><svg viewBox=\"0 0 \(Self.width) \(Self.height)\" preserveAspectRatio=\"none\" role=\"img\" "
            + "aria-label=\"\(label)\">\(lines)</svg><ul class=\"key\">\(keys)</ul></figure>"
    }

    /// Groups of samples from the newest back, so that points do not wander between them as time passes.
    private func line(_ values: [Double?], top: Double, step: Int, style: Int) -> String {
        var html = ""
        var points: [String] = []
        var end = values.count
        var x = Double(Self.width)
        let pace = Double(Self.width) / Double(max(1, capacity / step))
        func finish() {
            if points.count > 1 {
                html += "<polyline class=\"l\(style)\" points=\"\(points.joined(separator: " "))\"/>"
            }
            points = []
        }
        while end > 0 {
            let group = values[max(0, end - step)..<end].compactMap { $0 }
            if let value = group.max() {
                let y = Double(Self.height) - 2 - value / top * Double(Self.height - 4)
                points.append("\(Int(x)),\(Int(y * 10) / 10)")
            } else {
                finish()
            }
            end -= step
            x -= pace
        }
        finish()
        return html
    }
}
