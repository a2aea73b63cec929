// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct UniqueIDFormatTests {
    private func id(_ parts: [(UniqueIDFormat.Part, Bool)], client: String = "127.0.0.1") throws -> String {
        let format = UniqueIDFormat(parts.map { (part: $0.0, isHexadecimal: $0.1) }, description: "")
        let facts = UniqueIDFormat.Facts(
            client: try SocketAddress(ipAddress: client, port: 33_430),
            frontend: try SocketAddress(ipAddress: "127.0.0.30", port: 8_080),
            acceptedAt: 1_333_488_233_042,
            number: 3,
            process: 31_022,
            hostname: "relay",
            frontendName: "ft",
            given: Array("given".utf8)
        )
        return String(decoding: format.id(facts), as: UTF8.self)
    }

    @Test func theExampleOfTheManual() throws {
        let colon = (UniqueIDFormat.Part.text(":"), false)
        let line = (UniqueIDFormat.Part.text("_"), false)
        let parts: [(UniqueIDFormat.Part, Bool)] = [
            (.clientAddress, true), colon, (.clientPort, true), line, (.frontendAddress, true), colon,
            (.frontendPort, true), line, (.seconds, true), line, (.number, true), colon, (.process, true),
        ]
        #expect(try id(parts) == "7F000001:8296_7F00001E:1F90_4F7B6A69_0003:792E")
        #expect(
            try id([(.clientAddress, true)], client: "2001:db8::1") == "20010DB8000000000000000000000001"
        )
    }

    @Test func plainPartsAndTheBound() throws {
        let parts: [(UniqueIDFormat.Part, Bool)] = [
            (.clientAddress, false), (.text("/"), false), (.milliseconds, false), (.hostname, false),
            (.frontend, false),
            (.given, false),
        ]
        #expect(try id(parts) == "127.0.0.1/42relayftgiven")
        #expect(try id([(.text(String(repeating: "x", count: 500)), false)]).count == 128)
    }
}
