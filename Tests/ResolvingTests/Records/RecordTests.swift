// SPDX-License-Identifier: Apache-2.0

import Resolving
import Support
import Testing

struct RecordTests {
    static let host: [UInt8] = [2, 109, 120, 3, 111, 114, 103, 0]

    @Test func aMailExchangerIsRead() {
        let record = MailExchanger(data: [1, 2] + Self.host)
        #expect(record?.preference == 258)
        #expect(record?.host.text == "mx.org")
    }

    @Test(
        arguments: [
            [], [0], [0, 10], [0, 10, 1], [0, 10, 0xC0, 12], [0, 10] + host + [0], [0, 10] + host.dropLast(),
        ] as [[UInt8]]
    )
    func whatIsNoMailExchangerIsRefused(data: [UInt8]) {
        #expect(MailExchanger(data: data) == nil)
    }

    @Test(
        arguments: [
            ([[0, 0, 0]], true), ([[0, 10, 0]], true), ([[0, 10] + host], false),
            ([[0, 0, 0], [0, 10] + host], false),
            ([[0, 0, 0], [0]], false), ([], false),
        ] as [([[UInt8]], Bool)]
    )
    func aNullMXIsASingleRoot(records: [[UInt8]], null: Bool) {
        let answer = Answer(existence: .found, records: records, ttl: 1)
        #expect(Resolved(answer, read: { MailExchanger(data: $0) }).isNullMX == null)
    }

    @Test(
        arguments: [
            ([0], ""), ([3, 97, 98, 99], "abc"), ([1, 97, 0, 2, 98, 99], "abc"), ([3, 13, 10, 0xFF], "???"),
        ] as [([UInt8], String)]
    )
    func aTextIsRead(data: [UInt8], text: String) {
        #expect(TextRecord(data: data)?.printable == text)
    }

    @Test(arguments: [[], [1], [2, 97], [1, 97, 5, 98], [255]] as [[UInt8]])
    func aStringThatRunsPastTheEndIsRefused(data: [UInt8]) {
        #expect(TextRecord(data: data) == nil)
    }

    @Test func aTLSARecordIsRead() {
        let record = TLSARecord(data: [3, 1, 1, 0xAB, 0xCD])
        #expect(record == TLSARecord(usage: 3, selector: 1, matching: 1, association: [0xAB, 0xCD]))
    }

    @Test(arguments: 0...3)
    func aTLSARecordWithoutDataIsRefused(count: Int) {
        #expect(TLSARecord(data: Array(repeating: 1, count: count)) == nil)
    }

    @Test func recordsThatCannotBeReadAreCounted() {
        let answer = Answer(existence: .found, security: .secure, records: [[], [3, 1, 1], [3, 1, 1, 9]], ttl: 60)
        let resolved = Resolved(answer, read: { TLSARecord(data: $0) })
        #expect(resolved.records.count == 1)
        #expect(resolved.malformed == 2)
        #expect(resolved.security == .secure)
        #expect(resolved.ttl == 60)
    }

    @Test func randomDataNeverTraps() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<20_000 {
            let data = (0..<Int.random(in: 0...30, using: &random)).map { _ in UInt8.random(in: 0...8, using: &random) }
            if let text = TextRecord(data: data) { #expect(text.bytes.count < data.count) }
            if let exchanger = MailExchanger(data: data) { #expect(exchanger.host.text.utf8.count <= 4 * data.count) }
            #expect((TLSARecord(data: data) != nil) == (data.count > 3))
        }
    }
}
