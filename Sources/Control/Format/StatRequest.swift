// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What a client asked of `show stat`: rows, and the shape they are printed in.
package struct StatRequest: Sendable, Equatable {
    /// How the rows are printed.
    package enum Shape: Sendable, Equatable {
        case csv, typed, json
    }

    /// The shape, and whether it explains its fields (`desc`).
    package var shape = Shape.csv
    /// `desc`: explains each field in the typed and JSON shapes.
    package var described = false
    /// `up`: no servers that are down or in maintenance; `no-maint`: none in maintenance.
    package var hidesDown = false
    /// `no-maint`: no servers in maintenance.
    package var hidesMaintenance = false
    /// A proxy's number or name; nil: all.
    package var proxy: String?
    /// Sum of 1 frontends, 2 backends, 4 servers; -1: all.
    package var kinds = -1
    /// A server's number; -1: all.
    package var service = -1

    /// Reads the words after `show stat`: keywords in any order, and at most one `<iid|proxy> <type> <sid>`.
    package init(_ words: [String]) {
        var filter: [String] = []
        for word in words {
            switch word {
            case "typed": shape = .typed
            case "json": shape = .json
            case "desc": described = true
            case "up": hidesDown = true
            case "no-maint": hidesMaintenance = true
            default: filter.append(word)
            }
        }
        guard filter.count >= 3 else { return }
        proxy = filter[0]
        kinds = Int(filter[1]) ?? 0
        service = Int(filter[2]) ?? 0
    }

    /// The rows that were asked for; nil when the proxy was named and does not exist.
    package func select(from rows: [StatisticsRow]) -> [StatisticsRow]? {
        var rows = rows
        if let proxy {
            if let number = Int(proxy) {
                // HAProxy: no proxy has the number 0.
                guard number != 0 else { return nil }
                if number != -1 { rows = rows.filter { $0.proxyID == number } }
            } else {
                guard rows.contains(where: { $0.proxy == proxy }) else { return nil }
                rows = rows.filter { $0.proxy == proxy }
            }
        }
        return rows.filter { row in
            guard kinds == -1 || kinds & (1 << row.kind.rawValue) != 0 else { return false }
            guard row.kind == .server else { return true }
            guard service == -1 || row.serviceID == service else { return false }
            let inMaintenance = row.status.hasPrefix("MAINT")
            if inMaintenance, hidesMaintenance || hidesDown { return false }
            return !(hidesDown && row.status.hasPrefix("DOWN"))
        }
    }
}
