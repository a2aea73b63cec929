// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite struct ProxyStatisticsTests {
    @Test(arguments: [(220, 1), (250, 1), (354, 2), (421, 3), (554, 4), (0, 5), (999, 5), (-1, 5)])
    func repliesCountByFirstDigit(code: Int, index: Int) {
        let statistics = ProxyStatistics()
        statistics.count(replyCode: code)
        #expect(statistics.replies.map(\.value) == (0..<6).map { $0 == index ? 1 : 0 })
    }

    @Test func clearingMaximaKeepsTotals() {
        let statistics = ProxyStatistics()
        statistics.sessions.enter()
        statistics.sessions.leave()
        statistics.bytesIn.add(10)
        statistics.clearMaxima()
        #expect(statistics.sessions.maximum == 0)
        #expect(statistics.sessions.total == 1)
        #expect(statistics.bytesIn.value == 10)
    }

    @Test func clearingForgetsEverything() {
        let statistics = ProxyStatistics()
        statistics.sessions.enter()
        statistics.bytesOut.add(10)
        statistics.count(replyCode: 250)
        statistics.transactions.add()
        statistics.clear()
        #expect(statistics.sessions.total == 0)
        #expect(statistics.bytesOut.value == 0)
        #expect(statistics.replies[1].value == 0)
        #expect(statistics.transactions.value == 0)
        #expect(statistics.sessions.current == 1)
    }
}
