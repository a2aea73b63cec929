// SPDX-License-Identifier: Apache-2.0

/// The counters behind one row of `show stat`: a frontend, a server or a backend (HAProxy management guide 9.1).
///
/// Every counter exists on every row; which of them a row prints is decided where it is printed.
package final class ProxyStatistics: Sendable {
    /// Sessions: scur, smax, stot.
    package let sessions = Gauge()
    /// Connections waiting for a server: qcur, qmax.
    package let queue = Gauge()
    /// Bytes from clients (bin) and to clients (bout).
    package let bytesIn = Counter()
    /// Bytes to clients: bout.
    package let bytesOut = Counter()
    /// Denied requests and responses, bad requests: dreq, dresp, ereq.
    package let deniedRequests = Counter()
    /// Denied responses: dresp. Nothing counts here: responses have no rules.
    package let deniedResponses = Counter()
    /// Bad requests: ereq; here connections whose PROXY header failed.
    package let requestErrors = Counter()
    /// Connections and sessions refused by rules: dcon, dses.
    package let deniedConnections = Counter()
    /// Sessions refused by `tcp-request session`: dses.
    package let deniedSessions = Counter()
    /// Failed connects, failed responses, retries, redispatches: econ, eresp, wretr, wredis.
    package let connectErrors = Counter()
    /// Failed responses: eresp; here servers that did not greet.
    package let responseErrors = Counter()
    /// Connects tried again at the same server: wretr.
    package let retries = Counter()
    /// Sessions sent on to another server: wredis.
    package let redispatches = Counter()
    /// Transfers cut by the client or the server: cli_abrt, srv_abrt.
    package let clientAborts = Counter()
    /// Transfers cut by the server: srv_abrt.
    package let serverAborts = Counter()
    /// Times a server was chosen: lbtot.
    package let selections = Counter()
    /// Connection attempts to a server: connect.
    package let connects = Counter()
    /// Failed checks and transitions to DOWN: chkfail, chkdown.
    package let failedChecks = Counter()
    /// Transitions to DOWN or maintenance: chkdown.
    package let downTransitions = Counter()
    /// How often failed connections of sessions did what `on-error` says: hanafail.
    package let observedFailures = Counter()
    /// SMTP replies by class, in HAProxy's hrsp_1xx, 2xx, 3xx, 4xx, 5xx and other.
    package let replies: [Counter] = (0..<6).map { _ in Counter() }
    /// SMTP transactions: req_tot.
    package let transactions = Counter()
    /// Our own faults: eint.
    package let internalErrors = Counter()
    /// Sessions and transactions a second: rate, rate_max, req_rate, req_rate_max.
    package let sessionRate = RateMeter()
    /// Transactions a second: req_rate, req_rate_max.
    package let transactionRate = RateMeter()

    package init() {}

    /// Counts one SMTP reply by the first digit of its code.
    package func count(replyCode code: Int) {
        let digit = code / 100
        replies[(1...5).contains(digit) ? digit - 1 : 5].add()
    }

    /// Forgets every high-water mark: HAProxy's `clear counters`.
    package func clearMaxima() {
        sessions.clearMaximum()
        queue.clearMaximum()
        sessionRate.clearMaximum()
        transactionRate.clearMaximum()
    }

    /// Forgets everything but what is there now: HAProxy's `clear counters all`.
    package func clear() {
        clearMaxima()
        sessions.clear()
        queue.clear()
        let counters = [
            bytesIn, bytesOut, deniedRequests, deniedResponses, requestErrors, deniedConnections, deniedSessions,
            connectErrors, responseErrors, retries, redispatches, clientAborts, serverAborts, selections, connects,
            failedChecks, downTransitions, observedFailures, transactions, internalErrors,
        ]
        for counter in counters + replies { counter.set(0) }
    }
}
