// SPDX-License-Identifier: Apache-2.0

import Reception

/// Owns access lists as text: Postfix's names of rules, and CIDR files.
enum AccessNotation {
    /// A table that a pool names, and where.
    struct Table {
        let path: String
        let dialect: AccessTable.Dialect
        let place: Word
    }

    /// The rules of a list. What is wrong with one of them takes no other with it.
    static func rules(
        _ words: inout Arguments,
        _ dialect: AccessTable.Dialect
    ) throws(Finding) -> (rules: [AccessRule], tables: [Table]) {
        var rules: [AccessRule] = []
        var tables: [Table] = []
        var items = try words.list("rules such as permit_mynetworks, cidr:/etc/relaybox/clients.cidr")[...]
        while let item = items.popFirst() {
            do throws(Finding) {
                switch (item.text.lowercased(), dialect) {
                case ("permit_mynetworks", _): rules.append(.permitNetworks)
                case ("permit", _): rules.append(.permit)
                case ("reject", _): rules.append(.reject)
                case ("check_client_access", .restriction):
                    guard let name = items.popFirst() else {
                        throw Finding(at: item, "'check_client_access' needs a table such as cidr:/FILE")
                    }
                    tables.append(try table(name, dialect))
                    rules.append(.table(path: tables[tables.count - 1].path))
                case (_, .screening) where item.text.contains(":"):
                    tables.append(try table(item, dialect))
                    rules.append(.table(path: tables[tables.count - 1].path))
                case (_, .restriction) where item.text.hasPrefix("cidr:"):
                    throw Finding(at: item, "\(item.shown) needs 'check_client_access' before it")
                default:
                    let hint = NearestWord.hint(for: item.text, among: names(dialect))
                    throw Finding(
                        at: item,
                        "\(item.shown) is not supported by this version and cannot be ignored: "
                            + "it decides who is admitted\(hint)"
                    )
                }
            } catch { words.findings.append(error) }
        }
        return (rules, tables)
    }

    private static func names(_ dialect: AccessTable.Dialect) -> [String] {
        let common = ["permit_mynetworks", "permit", "reject"]
        switch dialect {
        case .screening: return common
        case .restriction: return common + ["check_client_access"]
        }
    }

    private static func table(_ word: Word, _ dialect: AccessTable.Dialect) throws(Finding) -> Table {
        guard word.text.hasPrefix("cidr:") else {
            throw Finding(at: word, "\(word.shown) is not supported by this version: tables are written cidr:/FILE")
        }
        let path = String(word.text.dropFirst(5))
        guard path.hasPrefix("/") else {
            throw Finding(at: word, "\(word.shown) needs an absolute path: cidr:/FILE")
        }
        return Table(path: path, dialect: dialect, place: word)
    }
}
