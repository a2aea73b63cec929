// SPDX-License-Identifier: Apache-2.0

import Balancing
import Configuration
import Control
import Delivery
import NIOCore
import Reception
import Resolving
import Spooling
import Statistics
import Subcommands
import Synchronization
import Systemd

/// The whole process, put together: every room's part, and the closures by which roles reach one another.
final class Appliance: Sendable {
    let group: any EventLoopGroup
    let notifier = ServiceNotifier()
    private let sockets: InheritedDescriptors
    let balancer: Balancer
    let courier: Courier?
    let spool: (any Spool)?
    private let resolver: Resolver?
    let control: ControlServer
    let log: LogWriter
    private let history: TraceHistory

    private let settings: Mutex<ApplianceSettings>
    private let pools: PoolDirectory
    /// 1 once the process drains.
    private let draining: Counter

    /// - Throws: an error whose text says what could not be opened, and why.
    init(_ settings: ApplianceSettings, group: any EventLoopGroup) throws {
        let writer = LogWriter(
            targets: settings.logs,
            hostname: settings.logHostname ?? settings.hostname,
            pid: Host.processID
        )
        let now: @Sendable () -> Int64 = { Host.now }
        let failures = RecentFailures(now: now)
        let history = TraceHistory(limit: settings.delivery.traceHistory)
        let log = ObservedLog(TracedLog(writer, history: history, now: now), failures: failures)
        let sockets = InheritedDescriptors.adopt()
        let spool = try settings.spool.map { try EmbeddedSpool.open($0, log: log, now: now) }
        let resolver = try settings.resolver(log: log, now: now)
        let courier = spool.map {
            Courier(
                settings: settings.delivery,
                spool: $0,
                group: group,
                log: log,
                now: now,
                resolver: resolver,
                files: .host
            )
        }
        let caches = ScreeningCaches(
            standard: settings.spool.map { "\($0.directory)/postscreen_cache" },
            log: log,
            now: now
        )
        let pools = PoolDirectory { pool in
            guard let spool else { return nil }
            return Receiver(
                settings: pool,
                spool: spool,
                group: group,
                log: log,
                now: now,
                resolver: resolver,
                tables: .host,
                caches: caches,
                withdraw: { ids in try courier?.change(ids, .delete).count ?? 0 }
            ) { courier?.deliver($0) }
        }
        pools.apply(settings.pools)
        let balancer = Balancer(
            settings: settings.balancerWithPoolListeners,
            group: group,
            pools: pools.entrances,
            inherited: { sockets.descriptor(for: $0) },
            log: log,
            now: now,
            zoneOffset: { Host.zoneOffset(at: $0) },
            process: Int(Host.processID),
            poolTrouble: { spool?.trouble }
        )
        let draining = Counter()
        control = ControlServer(
            settings: settings.control,
            facts: ProcessFacts(settings, log: writer, isStopping: { draining.value > 0 }),
            balancer: balancer,
            courier: courier,
            spool: spool,
            group: group,
            inheritedSocket: { sockets.descriptor(for: $0) },
            log: log,
            history: history,
            now: now,
            counters: {
                pools.receivers.map { CounterGroup(part: "pool", name: $0.name, of: $0.receiver.statistics) }
            },
            failures: failures
        )
        self.sockets = sockets
        self.group = group
        self.settings = Mutex(settings)
        self.log = writer
        self.history = history
        self.spool = spool
        self.resolver = resolver
        self.courier = courier
        self.pools = pools
        self.balancer = balancer
        self.draining = draining
    }

    /// Starts from the back: the queue first, the listeners last, so that nothing is accepted that cannot be stored.
    func start() async throws {
        try await control.start()
        await courier?.start()
        try await balancer.start()
        sockets.restoreBacklog()
    }

    func isReady() {
        note(.notice, "\(Version.text) started")
        notifier.ready(status: "accepting connections")
    }

    func stopped() {
        note(.notice, "stopped")
        log.flush()
    }

    /// Reads the configuration again; a file with an error changes nothing.
    func reload(from file: ConfigurationFile) async {
        notifier.reloading()
        defer { notifier.ready() }
        do {
            let reading = try file.readOrFail()
            for message in reading.messages { note(message.isError ? .error : .warning, message.text) }
            guard reading.isValid else {
                note(.error, "\(file.path) has errors: the running configuration is kept")
                return
            }
            try await apply(reading.settings)
            note(.notice, "\(file.path) is read again and in force")
        } catch {
            note(.error, "reload failed, the running configuration is kept where it could not be replaced: \(error)")
        }
    }

    private func apply(_ new: ApplianceSettings) async throws {
        let old = settings.withLock { $0 }
        for (word, changed) in [
            ("spool", new.spool != old.spool), ("nbthread", new.threads != old.threads),
            ("nameserver", new.nameservers != old.nameservers),
        ]
        where changed {
            note(.warning, "a change of '\(word)' takes a restart")
        }
        log.reload(targets: new.logs)
        history.change(limit: new.delivery.traceHistory)
        pools.apply(new.pools)
        courier?.reload(new.delivery)
        try await balancer.reload(new.balancerWithPoolListeners, pools: pools.entrances)
        try await control.reload(new.control)
        settings.withLock { $0 = new }
    }

    private func note(_ severity: Severity, _ text: String) {
        log.write(LogRecord(severity, from: settings.withLock { $0.logTag }, text))
    }
}

// The drain, part by part; they are called in the reverse of the order in which `RunSubcommand` lists them.
extension Appliance {
    private var grace: Int { settings.withLock { $0.hardStopAfter } }

    var balancerService: DrainService {
        DrainService { [self] in
            draining.set(1)
            notifier.stopping()
            note(.notice, "stopping: sessions end at their next transaction boundary")
            await balancer.shutDown(grace: grace)
        }
    }

    var courierService: DrainService {
        DrainService { [self] in await courier?.shutDown(grace: grace) }
    }

    /// With the resolver: nobody asks any more, and an answer must not come to an event loop that has ended.
    var spoolService: DrainService {
        DrainService { [self] in
            spool?.close()
            await resolver?.shutDown()
        }
    }

    var controlService: DrainService {
        DrainService { [self] in await control.shutDown() }
    }
}
