// SPDX-License-Identifier: Apache-2.0

import Configuration
import Testing

@Suite struct ManualPageTests {
    private let page = ManualPage.render()

    @Test func itIsAPageOfSectionFive() {
        #expect(page.contains(".TH APPLIANCE.CONF 5 "))
        #expect(page.contains(".SH NAME\n") || page.contains(".SH \"NAME\"\n"))
    }

    @Test(arguments: [
        "hostname", "stats socket", "default_backend", "timeout client", "option smtp", "accept\\-proxy",
        "proxy\\-from",
        "send\\-proxy\\-v2", "mynetworks", "relayhost", "maximal_queue_lifetime", "spool",
    ]) func itHasAnEntryFor(keyword: String) {
        #expect(page.contains(".TP\n\\fB\(keyword)\\fR"))
    }

    @Test func defaultsAreTheSettingsOwn() {
        #expect(
            page.contains(
                "\\fBmessage_size_limit\\fR \\fIBYTES\\fR\nThe size of a message; 0: no limit.\n.br\nDefault: 10240000."
            )
        )
        #expect(page.contains("\\fBsmtp_data_done_timeout\\fR"))
        #expect(page.contains("Default: 10m."))
    }

    @Test func noLineIsTakenForAMacro() {
        let macros = [".TH", ".SH", ".SS", ".TP", ".PP", ".br", ".I", ".\\\""]
        for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(macros.contains { line == $0 || line.hasPrefix($0 + " ") }, "\(line)")
        }
    }

    @Test func everySentenceEndsOnce() {
        #expect(!page.contains("..\n"))
    }
}
