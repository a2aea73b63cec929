// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import Resolving
package import Spooling
package import Statistics
import Synchronization

/// One pool as the rest of the process sees it: an entrance for connections, and numbers.
package final class Receiver: Sendable {
    /// Counters of the pool, kept across reloads.
    package let statistics = PoolStatistics()

    private let pool: Mutex<Pool>
    private let rates: RateTable
    private let lanes: [ObjectIdentifier: SessionLane]

    /// - Parameters:
    ///   - group: the event loops on which channels will come in.
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - resolver: asks the DNS; nil: what needs it is unavailable, never a refusal.
    ///   - lookUp: asks the DNS for restrictions; nil: by the resolver.
    ///   - tables: how the files of access tables are read.
    ///   - caches: where clients that passed screening are remembered; nil: in memory alone.
    ///   - withdraw: takes messages out of the queue, and out of the hands of whoever is about to deliver them; how many it took.
    ///     Blocks. Nil: the spool does.
    ///   - arrived: told of every committed message, on the event loop of the session that received it.
    package init(
        settings: PoolSettings,
        spool: any Spool,
        group: any EventLoopGroup,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        resolver: Resolver? = nil,
        tables: FileAccess = .none,
        lookUp: LookUp? = nil,
        caches: ScreeningCaches? = nil,
        withdraw: (@Sendable ([QueueID]) throws -> Int)? = nil,
        arrived: @escaping @Sendable (QueuedMessage) -> Void
    ) {
        rates = RateTable()
        pool = Mutex(
            Pool(
                settings: settings,
                tables: TableShelf(files: tables, eventLoop: group.any(), log: log),
                caches: caches ?? ScreeningCaches(log: log, now: now),
                desk: ScreeningDesk(statistics: statistics.screening, log: log),
                certificates: CertificateShelf(files: tables, eventLoop: group.any(), log: log, now: now),
                spool: spool,
                resolver: resolver,
                statistics: statistics,
                clients: ClientCensus(),
                rates: rates,
                lookUp: lookUp,
                log: log,
                now: now,
                withdraw: withdraw ?? { ids in try spool.change(ids, .delete) },
                arrived: arrived
            )
        )
        lanes = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), SessionLane(eventLoop: $0)) }
        )
    }

    /// Takes over a connection, on its event loop: fills the pipeline behind what the balancer left in it, and reads
    /// `header`, an encoded PROXY header that the balancer vouches for, before anything the client sends.
    package func receive(_ channel: any Channel, header: ByteBuffer) {
        guard let lane = lanes[ObjectIdentifier(channel.eventLoop)] else {
            channel.close(promise: nil)
            return
        }
        let pool = pool.withLock { $0 }
        // why: a client that begins with a handshake talks before the greeting, and would be taken for one that cannot wait.
        if !pool.settings.tls.isWrapped, let policy = pool.screens,
            ScreeningArrival.begin(on: channel, header, pool, policy, lane)
        {
            return
        }
        let handler = SessionHandler(pool: pool, lane: lane)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            channel.close(promise: nil)
            return
        }
        handler.begin(with: header)
    }

    /// Sessions that begin from now on follow these settings.
    ///
    /// Reads the access tables that are new in them: not for an event loop, and one reload at a time.
    package func reload(_ settings: PoolSettings) {
        let old = pool.withLock { $0 }
        let new = Pool(
            settings: settings,
            tables: old.tables,
            caches: old.caches,
            desk: old.desk,
            certificates: old.certificates,
            spool: old.spool,
            resolver: old.resolver,
            statistics: old.statistics,
            clients: old.clients,
            rates: rates,
            lookUp: old.lookUp,
            log: old.log,
            now: old.now,
            withdraw: old.withdraw,
            arrived: old.arrived
        )
        pool.withLock { $0 = new }
    }
}
