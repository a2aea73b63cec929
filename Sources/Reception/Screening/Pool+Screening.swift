// SPDX-License-Identifier: Apache-2.0

import Resolving

extension Pool {
    /// What a pool screens with; nothing when none of its settings asks for it.
    static func screening(
        _ settings: PoolSettings,
        banner: String,
        names: [String: String]?,
        caches: ScreeningCaches,
        desk: ScreeningDesk,
        resolver: Resolver?,
        report: BlocklistReport
    ) -> (ScreeningPolicy?, BlocklistReport?) {
        guard settings.screening.isEnabled else { return (nil, nil) }
        let policy = ScreeningPolicy(
            settings.screening,
            desk: desk,
            cache: caches.cache(for: settings.screening),
            panel: BlocklistPanel(sites: settings.screening.blocklistSites, resolver: resolver, report: report),
            banner: banner,
            clientLimit: settings.clientConnectionLimit,
            names: names
        )
        return (policy, report)
    }
}

extension TableShelf {
    /// Lines of the largest map that is read.
    private static let nameLimit = 10_000

    /// A map of names as a text file, `key value` a line (Postfix: texthash). Read when the pool begins and at each reload;
    /// nil when it cannot be read, which the log tells.
    func names(in path: String) -> [String: String]? {
        do {
            var names: [String: String] = [:]
            for line in String(decoding: try read(path), as: UTF8.self).split(separator: "\n").prefix(
                TableShelf.nameLimit
            ) {
                let words = line.split(separator: " ", maxSplits: 1).flatMap { $0.split(separator: "\t", maxSplits: 1) }
                guard words.count >= 2, !line.hasPrefix("#") else { continue }
                let value = words.dropFirst().joined(separator: " ").filter { $0.isASCII && !$0.isNewline }
                names[words[0].lowercased()] = String(value.drop { $0 == " " }.prefix(200))
            }
            return names
        } catch {
            complain("\(error): replies name no list")
            return nil
        }
    }
}
