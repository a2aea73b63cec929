// SPDX-License-Identifier: Apache-2.0

import Reception
import Testing

struct ReplyTemplateTests {
    @Test(arguments: [
        ("plain", "plain"), ("$client_name", "mail"), ("${client_name}.", "mail."), ("a$$b", "a$b"),
        ("${helo_name?yes $client_name}", ""), ("${helo_name:no}", "no"), ("${client_name?<$client_name>}", "<mail>"),
        ("${client_name:no}", ""), ("${client_name?{x}", "{x"), ("", ""),
    ])
    func valuesTakeTheirPlace(text: String, expected: String) throws {
        let template = try ReplyTemplate(text)
        #expect(template.expanded { $0 == "client_name" ? "mail" : nil } == expected)
        #expect(template.description == text)
    }

    @Test(arguments: [
        "$nothing", "$", "${client_name", "${client_name?x", "${client_name!}", "${}", "${rbl_code?${x}}",
    ])
    func mistakesAreTold(text: String) {
        #expect(throws: ReplyTemplate.ParseError.self) { try ReplyTemplate(text) }
    }

    @Test func theStandardReplyIsWhatItsTextSays() throws {
        let parsed = try ReplyTemplate(ReplyTemplate.listed.description)
        for reason in ["", "spam"] {
            let value: (String) -> String? = { $0 == "rbl_reason" ? reason : "[\($0)]" }
            #expect(parsed.expanded(value) == ReplyTemplate.listed.expanded(value))
        }
        #expect(parsed == ReplyTemplate.listed)
    }

    @Test func conditionsAreNestedAFewTimesOnly() {
        let deep = String(repeating: "${client_name?", count: 1_000)
        #expect(throws: ReplyTemplate.ParseError.self) { try ReplyTemplate(deep) }
    }
}
