// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Resolving
import SMTP

/// A client at the door of a pool that screens: who it is, since when, and the way from the first look at it to a session.
final class ScreeningArrival {
    /// What ends the tests before the greeting.
    enum Ending {
        case judged(ScreeningMachine.Action, ScreeningMachine, BlocklistScore?)
        /// The balancer wants the connection ended.
        case ended(SessionEndRequest.Reason)
        /// There is no room for it.
        case refused(Reply)
        /// The access list does not want it.
        case denied
    }

    let pool: Pool
    let policy: ScreeningPolicy
    let lane: SessionLane
    let client: ClientIdentity
    let session: UInt64
    let isTrusted: Bool
    private let began: NIODeadline
    /// Whether the desk counts the connection, and the census its client.
    private var isCounted = false
    private var isInCensus = false
    private(set) var isOpen = true
    /// What came with the header.
    private var input = ByteBuffer()

    init(_ header: ProxyHeader, pool: Pool, policy: ScreeningPolicy, lane: SessionLane) {
        self.pool = pool
        self.policy = policy
        self.lane = lane
        client = ClientIdentity(header)
        session = header.sessionID
        isTrusted = pool.policy.trusts(client)
        began = lane.eventLoop.now
    }

    var log: SessionLog { SessionLog(pool: pool, client: client, session: session) }
    var age: TimeAmount { lane.eventLoop.now - began }
    private var statistics: ScreeningStatistics { pool.statistics.screening }

    /// Takes a connection over, on its event loop; false when its header cannot be read.
    static func begin(
        on channel: any Channel,
        _ header: ByteBuffer,
        _ pool: Pool,
        _ policy: ScreeningPolicy,
        _ lane: SessionLane
    ) -> Bool {
        var decoder = ProxyHeaderDecoder()
        var bytes = header
        guard case .header(let proxied) = decoder.decode(&bytes) else { return false }
        let arrival = ScreeningArrival(proxied, pool: pool, policy: policy, lane: lane)
        // why: an empty rest would keep the whole buffer of the header.
        if bytes.readableBytes > 0 { arrival.input = bytes }
        arrival.begin(on: channel)
        return true
    }

    /// Looks at the client and lets it in, keeps it waiting, or ends it (Postfix: psc_endpt_lookup_done).
    private func begin(on channel: any Channel) {
        log.arrived()
        if let address = client.address, policy.clientLimit > 0 {
            isInCensus = policy.desk.clients.enter(address, limit: policy.clientLimit)
            guard isInCensus else {
                log.screened("NOQUEUE: reject: CONNECT from \(client.endpoint): too many connections")
                statistics.turnedAway.add()
                let reply = Reply(421, EnhancedStatus(4, 7, 0), "Error: too many connections")
                return begin(on: channel, .refused(reply))
            }
        }
        if pool.statistics.sessions.current >= pool.settings.sessionLimit {
            log.screened("NOQUEUE: reject: CONNECT from \(client.endpoint): all server ports busy")
            statistics.turnedAway.add()
            return begin(on: channel, .refused(Reply(421, EnhancedStatus(4, 3, 2), "All server ports are busy")))
        }
        var isDenied = false
        switch pool.screening.verdict(on: client, isTrusted: isTrusted) {
        case .permit:
            log.screened("ALLOWLISTED \(client.endpoint)")
            statistics.allowlisted.add()
            return begin(on: channel, .judged(.pass(.unblessed), machine(isDenied: false), nil))
        case .reject:
            log.screened("DENYLISTED \(client.endpoint)")
            statistics.denylisted.add()
            switch pool.settings.denylistAction {
            case .ignore: break
            case .enforce: isDenied = true
            case .drop: return begin(on: channel, .denied)
            }
        case .dunno, .unavailable:
            break
        }
        // why: a header without a client is a balancer's own check, and there is nobody to test.
        guard client.address != nil || isDenied else {
            return begin(on: channel, .judged(.pass(.unblessed), machine(isDenied: false), nil))
        }
        var machine = machine(isDenied: isDenied)
        let action = machine.connected()
        if case .pass = action { return begin(on: channel, .judged(action, machine, nil)) }
        guard enterDesk() else {
            log.screened("NOQUEUE: reject: CONNECT from \(client.endpoint): all screening ports busy")
            statistics.turnedAway.add()
            return begin(on: channel, .refused(Reply(421, EnhancedStatus(4, 3, 2), "All screening ports are busy")))
        }
        guard case .park(let teases, let asks) = action else {
            return begin(on: channel, .judged(action, machine, nil))
        }
        park(on: channel, machine, teases: teases, asks: asks)
    }

    private func machine(isDenied: Bool) -> ScreeningMachine {
        ScreeningMachine(
            rules: policy.rules,
            record: isDenied ? nil : client.address.flatMap { policy.cache.record(of: $0) },
            isDenied: isDenied,
            now: pool.now() / 1_000
        )
    }

    private func park(on channel: any Channel, _ machine: ScreeningMachine, teases: Bool, asks: Bool) {
        var inquiry: BlocklistInquiry?
        if asks, let address = client.address {
            inquiry = policy.panel.ask(about: HostAddress(high: address.high, low: address.low))
        }
        let handler = ScreeningHandler(self, machine: machine, inquiry: inquiry)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            leave()
            channel.close(promise: nil)
            return
        }
        handler.park(teases: teases)
        handler.received(input)
    }

    /// Without a wait: the session is the connection's first handler.
    private func begin(on channel: any Channel, _ ending: Ending) {
        let session = SessionHandler(pool: pool, lane: lane)
        do {
            try channel.pipeline.syncOperations.addHandler(session)
        } catch {
            leave()
            channel.close(promise: nil)
            return
        }
        begin(session, ending, input: input)
    }

    /// The session begins with what the client has sent so far.
    func begin(_ session: SessionHandler, _ ending: Ending, input: ByteBuffer) {
        isOpen = false
        session.arrived(self, ending, input: input)
    }

    /// The client went away during a test.
    func hungUp(in tests: String) {
        isOpen = false
        statistics.hangups.add()
        log.screened("HANGUP after \(SessionLog.seconds(age)) from \(client.endpoint) in \(tests)")
        log.screened("DISCONNECT \(client.endpoint)")
        leave()
    }

    private func enterDesk() -> Bool {
        isCounted = policy.desk.enter(
            limit: policy.settings.preQueueLimit,
            identifier: pool.screeningIdentifier
        )
        return isCounted
    }

    /// Screening holds the connection no longer; any number of times.
    func leave() {
        if isInCensus, let address = client.address { policy.desk.clients.leave(address) }
        isInCensus = false
        if isCounted {
            policy.desk.leave(limit: policy.settings.preQueueLimit, identifier: pool.screeningIdentifier)
        }
        isCounted = false
    }

    /// Keeps what the client has passed.
    func remember(_ record: ScreeningRecord?) {
        guard let record, let address = client.address else { return }
        policy.cache.remember(address, record, now: pool.now() / 1_000)
        statistics.remembered.set(policy.cache.count)
    }
}
