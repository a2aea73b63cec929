// SPDX-License-Identifier: Apache-2.0

import Delivery
import NIOEmbedded
import Support
import Testing

/// Tables of `transport_maps` that change while mail goes out.
struct TransportShelfTests {
    private let files = ScriptedFiles()
    private let loop = EmbeddedEventLoop()
    private let log = LogBook()

    private func courier() -> Courier {
        var settings = Fixture.settings
        settings.routing.transportTables = [.inline("in.example error:5.1.2 inline"), .file(path: "/t")]
        settings.routing.defersEverything = true
        return Courier(
            settings: settings,
            spool: MemorySpool { 0 },
            group: loop,
            log: log,
            now: { 0 },
            files: files.files
        )
    }

    private func text(_ courier: Courier, _ address: String = "a@b.example") -> String {
        switch courier.route(of: address) {
        case .error(_, let text), .retry(_, let text), .discard(let text): text
        case .smtp(let hop): hop.label
        }
    }

    private func look() { loop.advanceTime(by: .seconds(1)) }

    private var told: [String] { log.lines(with: "/t") }

    @Test func aChangedTableIsObeyedAndTold() {
        files.write("b.example error:5.1.2 one\n", to: "/t")
        let courier = courier()
        #expect(text(courier) == "one")
        #expect(text(courier, "a@in.example") == "inline")
        files.write("b.example error:5.1.2 two\r\nc.example discard:\r\n", to: "/t")
        #expect(text(courier) == "one")
        look()
        #expect(text(courier) == "two")
        #expect(told.count == 1)
        #expect(told.last?.hasSuffix(": /t has changed: 2 entries are in force") == true)
    }

    @Test func aTableWithAMistakeIsToldOnceAndNotObeyed() {
        files.write("b.example error:5.1.2 one\n", to: "/t")
        let courier = courier()
        files.write("b.example error:5.1.2 two\nc.example x\n", to: "/t")
        for _ in 0..<3 { look() }
        #expect(text(courier) == "one")
        #expect(told.count == 1)
        #expect(told.last?.contains(": warning: /t:2: ") == true)
        #expect(told.last?.hasSuffix(": what was read before stays in force") == true)
    }

    @Test func mailWaitsUntilATableCanBeRead() {
        let courier = courier()
        #expect(told.count == 1)
        #expect(told.last?.hasSuffix(": warning: /t: absent: mail waits until it can be read") == true)
        let waiting = text(courier)
        files.write("b.example error:5.1.2 one\n", to: "/t")
        look()
        #expect(waiting != "one")
        #expect(text(courier) == "one")
        #expect(told.count == 1)
    }

    @Test func aReloadReadsAgainWhatDependsOnThePort() {
        files.write("b.example smtp:[192.0.2.1]\n", to: "/t")
        let courier = courier()
        let reads = files.reads
        var settings = Fixture.settings
        settings.routing.transportTables = [.file(path: "/t")]
        courier.reload(settings)
        #expect(files.reads == reads)
        settings.routing.port = 26
        courier.reload(settings)
        #expect(files.reads == reads + 1)
        #expect(text(courier) == "[192.0.2.1]:26")
    }
}
