// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics
import Synchronization
import TLS

/// The certificate of one pool: reads its files, and looks once a second whether they changed. What cannot be used is told
/// once and leaves the certificate that was read before in force; mail without encryption goes on in any case.
final class CertificateShelf: Sendable {
    private static let interval = TimeAmount.seconds(1)

    /// What decides which certificate is shown.
    private struct Wish: Equatable {
        var paths: [String]
        var protocols: TLSProtocols
    }

    private struct State {
        var wish: Wish?
        var identity: ServerIdentity?
        /// The files as they were when they were read last.
        var stamps: [TableFiles.Stamp] = []
        var problem: String?
        var identifier = ""
        var isWatching = false
        var isLooking = false
    }

    private let files: TableFiles
    private let eventLoop: any EventLoop
    private let log: any LogSink
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameter now: the wall clock, milliseconds since 1970.
    init(
        files: TableFiles,
        eventLoop: any EventLoop,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) {
        self.files = files
        self.eventLoop = eventLoop
        self.log = log
        self.now = now
    }

    /// What sessions encrypt with; nil when it could never be read.
    var identity: ServerIdentity? { state.withLock { $0.identity } }

    /// Reads the certificate that the settings want. Waits for the disk.
    func use(_ settings: PoolSettings) {
        let tls = settings.tls
        let begins = state.withLock { state in
            let wish = tls.isWanted ? Wish(paths: tls.files, protocols: tls.spokenProtocols) : nil
            if state.wish?.paths != wish?.paths { state.identity = nil }
            state.wish = wish
            // why: a reload reads the files in any case, and says again what is wrong with them.
            state.stamps = []
            state.problem = nil
            state.identifier = "\(settings.syslogName)/smtpd"
            let begins = wish != nil && !state.isWatching
            if begins { state.isWatching = true }
            return begins
        }
        look(isFirst: true)
        if begins { watch() }
    }

    private func watch() {
        eventLoop.scheduleRepeatedTask(
            initialDelay: CertificateShelf.interval,
            delay: CertificateShelf.interval
        ) { [weak self] task in
            guard let self else {
                task.cancel()
                return
            }
            // why: a disk that hangs must not collect looks at it.
            let begins = state.withLock { state in
                guard !state.isLooking, state.wish != nil else { return false }
                state.isLooking = true
                return true
            }
            guard begins else { return }
            files.offload { [self] in
                look(isFirst: false)
                state.withLock { $0.isLooking = false }
            }
        }
    }

    private func look(isFirst: Bool) {
        let (wish, old) = state.withLock { ($0.wish, $0.stamps) }
        guard let wish else { return }
        var stamps: [TableFiles.Stamp] = []
        do {
            stamps = try wish.paths.map { try files.stamp($0) }
            if !isFirst, stamps == old { return }
            let identity = try ServerIdentity(
                files: wish.paths.map { try files.read($0) },
                names: wish.paths,
                protocols: wish.protocols
            )
            // why: somebody is writing them; the next look finds them whole.
            guard try wish.paths.map({ try files.stamp($0) }) == stamps else { return }
            took(identity, stamps, of: wish, isFirst: isFirst)
        } catch {
            failed("\(error)", stamps, of: wish)
        }
    }

    private func took(_ identity: ServerIdentity, _ stamps: [TableFiles.Stamp], of wish: Wish, isFirst: Bool) {
        let isTaken = state.withLock { state in
            guard state.wish == wish else { return false }
            state.identity = identity
            state.stamps = stamps
            state.problem = nil
            return true
        }
        guard isTaken else { return }
        let name = wish.paths.first ?? ""
        if !identity.certificate.isValid(at: now() / 1_000) {
            write(.warning, "warning: the certificate in \(name) has expired or is not valid yet")
        } else if !isFirst {
            write(.informational, "\(name) has changed: the new certificate is in force")
        }
    }

    private func failed(_ problem: String, _ stamps: [TableFiles.Stamp], of wish: Wish) {
        let (isNew, hasOld) = state.withLock { state in
            guard state.wish == wish else { return (false, false) }
            defer { state.problem = problem }
            // why: a file that is wrong is read again only when it changes; one that is absent is looked for.
            state.stamps = stamps
            return (state.problem != problem, state.identity != nil)
        }
        guard isNew else { return }
        let consequence = hasOld ? "the certificate that was read before stays in force" : "TLS is not available"
        write(.warning, "warning: \(problem): \(consequence)")
    }

    private func write(_ severity: Severity, _ text: String) {
        log.write(LogRecord(severity, from: state.withLock { $0.identifier }, text))
    }
}
