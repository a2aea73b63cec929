// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Resolving

/// Everything that a pool which screens its clients needs for it; nil in a pool that does not.
final class ScreeningPolicy: Sendable {
    let settings: ScreeningSettings
    let rules: ScreeningRules
    let desk: ScreeningDesk
    let cache: ScreeningCache
    let panel: BlocklistPanel
    /// `220-banner`, as it goes out.
    let teaser: ByteBuffer
    /// Connections of one client that screening holds; 0: no limit.
    let clientLimit: Int
    private let names: [String: String]
    private let hidesNames: Bool

    init(
        _ settings: ScreeningSettings,
        desk: ScreeningDesk,
        cache: ScreeningCache,
        panel: BlocklistPanel,
        banner: String,
        clientLimit: Int,
        names: [String: String]?
    ) {
        self.settings = settings
        self.desk = desk
        self.cache = cache
        self.panel = panel
        self.clientLimit = settings.clientConnectionLimit ?? clientLimit
        rules = ScreeningRules(settings)
        teaser = ByteBuffer(string: "220-\(settings.greetBanner ?? banner)\r\n")
        self.names = settings.blocklistNames.merging(names ?? [:]) { _, file in file }
        hidesNames = settings.blocklistNamesFile != nil && names == nil
    }

    /// What replies call a list (postscreen_dnsbl_reply_map).
    func name(of zone: String) -> String {
        // why: the map hides keys that are part of a zone's name, and a map that cannot be read must not show them.
        names[zone] ?? (hidesNames ? "a block list" : zone)
    }

    /// Milliseconds until a client that is tested now gets its greeting.
    func wait(for tests: ScreeningTests) -> Int {
        let time = desk.isStressed ? settings.greetWait.stress : settings.greetWait.normal
        if tests.contains(.pregreet) { return time }
        // why: lists alone are waited for as long as they may take, unless the greeting is due before.
        return time > 0 ? min(time, settings.blocklistTimeout) : settings.blocklistTimeout
    }

    var commandTime: Int { desk.isStressed ? settings.commandTime.stress : settings.commandTime.normal }
}
