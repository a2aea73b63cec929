// SPDX-License-Identifier: Apache-2.0

import Reception

/// Owns `postscreen_access_list` as text: Postfix's names of rules, and CIDR files.
enum AccessNotation {
    /// A table that a pool names, and where.
    struct Table {
        let name: TableName
        let place: Word
    }

    /// The rules of a list. What is wrong with one of them takes no other with it.
    static func rules(_ words: inout Arguments) throws(Finding) -> (rules: [AccessRule], tables: [Table]) {
        var rules: [AccessRule] = []
        var tables: [Table] = []
        for item in try words.list("rules such as permit_mynetworks, cidr:/etc/relaybox/clients.cidr") {
            do throws(Finding) {
                switch item.text.lowercased() {
                case "permit_mynetworks": rules.append(.permitNetworks)
                case "permit": rules.append(.permit)
                case "reject": rules.append(.reject)
                case _ where item.text.contains(":"):
                    tables.append(try table(item))
                    rules.append(.table(path: tables[tables.count - 1].name.path))
                default:
                    let hint = NearestWord.hint(for: item.text, among: ["permit_mynetworks", "permit", "reject"])
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

    private static func table(_ word: Word) throws(Finding) -> Table {
        guard word.text.hasPrefix("cidr:") else {
            throw Finding(at: word, "\(word.shown) is not supported by this version: tables are written cidr:/FILE")
        }
        let path = String(word.text.dropFirst(5))
        guard path.hasPrefix("/") else {
            throw Finding(at: word, "\(word.shown) needs an absolute path: cidr:/FILE")
        }
        return Table(name: TableName(type: "cidr", path: path, format: .screening), place: word)
    }
}
