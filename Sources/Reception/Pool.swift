// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOCore
import Resolving
package import SMTP
import Spooling
import Statistics

/// What every session of a pool shares, as it was when the session began; a reload makes a new one.
final class Pool: Sendable {
    let settings: PoolSettings
    let limits: SessionLimits
    let policy: RelayPolicy
    let spool: any Spool
    let resolver: Resolver?
    let statistics: PoolStatistics
    let clients: ClientCensus
    let log: any LogSink
    let now: @Sendable () -> Int64
    let withdraw: @Sendable ([QueueID]) throws -> Int
    let arrived: @Sendable (QueuedMessage) -> Void
    /// `relaybox/smtpd` and `relaybox/cleanup`, as Postfix's lines begin.
    let identifier: String
    let cleanupIdentifier: String
    let screeningIdentifier: String
    /// postscreen_access_list.
    let screening: AccessPolicy
    let tables: TableShelf
    /// What screens clients before they are greeted; nil: nobody is screened.
    let screens: ScreeningPolicy?
    let listReport: BlocklistReport?
    let caches: ScreeningCaches
    let desk: ScreeningDesk
    let certificates: CertificateShelf
    /// smtpd_*_restrictions; nil when the relay policy is all there is.
    let restrictions: RestrictionBook?
    let rates: RateTable?
    let lookUp: LookUp
    let findsClientNames: Bool
    /// Whether restrictions or filters may have to be waited for.
    let consults: Bool

    init(
        settings: PoolSettings,
        tables: TableShelf,
        caches: ScreeningCaches,
        desk: ScreeningDesk,
        certificates: CertificateShelf,
        spool: any Spool,
        resolver: Resolver?,
        statistics: PoolStatistics,
        clients: ClientCensus,
        rates: RateTable,
        lookUp: LookUp?,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        withdraw: @escaping @Sendable ([QueueID]) throws -> Int,
        arrived: @escaping @Sendable (QueuedMessage) -> Void
    ) {
        self.settings = settings
        self.spool = spool
        self.resolver = resolver
        self.statistics = statistics
        self.clients = clients
        self.log = log
        self.now = now
        self.withdraw = withdraw
        self.arrived = arrived
        limits = SessionLimits(settings)
        policy = RelayPolicy(
            networks: settings.networks,
            relayDomains: settings.relayDomains,
            hostname: settings.hostname
        )
        identifier = "\(settings.syslogName)/smtpd"
        cleanupIdentifier = "\(settings.syslogName)/cleanup"
        screeningIdentifier = "\(settings.syslogName)/postscreen"
        self.tables = tables
        self.certificates = certificates
        certificates.use(settings)
        let (screening, sources) = tables.open(settings)
        self.screening = screening
        restrictions =
            settings.restrictions.isPlain ? nil : RestrictionBook(settings.restrictions, relay: policy, tables: sources)
        self.rates = settings.restrictions.rates.isOn ? rates : nil
        self.lookUp = lookUp ?? resolver?.lookUp ?? Pool.noAnswer
        findsClientNames = settings.restrictions.needsClientName
        consults = restrictions != nil || self.rates != nil || settings.filters.judges
        self.caches = caches
        self.desk = desk
        (screens, listReport) = Pool.screening(
            settings,
            banner: limits.banner,
            names: settings.screening.blocklistNamesFile.flatMap { tables.names(in: $0) },
            caches: caches,
            desk: desk,
            resolver: resolver,
            report: BlocklistReport(
                log: log,
                syslogName: settings.syslogName,
                failures: statistics.screening.blocklistFailures,
                now: now
            )
        )
    }

    /// What is said where there is no resolver.
    private static let noAnswer: LookUp = { _, answer in answer(.failed("there is no resolver")) }

    /// Takes a message out of the queue that its client was told to send again.
    func takeBack(_ id: QueueID) {
        let (withdraw, log, identifier) = (withdraw, log, identifier)
        DispatchQueue.global().async {
            var problem: String?
            do {
                // why not by the spool alone: a search of the queue may have found the message meanwhile.
                if try withdraw([id]) == 0 { problem = "it is on its way" }
            } catch {
                problem = "\(error)"
            }
            let text =
                if let problem {
                    "\(id): warning: stored after its client had been told to come again, and not removed: \(problem)"
                } else {
                    "\(id): removed: stored after its client had been told to come again"
                }
            log.write(LogRecord(.warning, from: identifier, text, queueID: id.description))
        }
    }
}

extension SessionLimits {
    /// The machine's part of a pool's settings.
    package init(_ settings: PoolSettings) {
        self.init()
        hostname = settings.hostname
        banner = settings.banner ?? "\(settings.hostname) ESMTP relaybox"
        messageSize = settings.messageSizeLimit
        recipients = settings.recipientLimit
        softErrors = settings.softErrorLimit
        hardErrors = settings.hardErrorLimit
        junkCommands = settings.junkCommandLimit
        requiresHello = settings.heloRequired
        forbiddenCommands = Set(settings.forbiddenCommands)
        disablesVerify = settings.disablesVerify
        rejectsBareNewline = settings.bareNewline == .reject
        forbidsUnauthorisedPipelining = settings.forbidsUnauthorisedPipelining
    }
}
