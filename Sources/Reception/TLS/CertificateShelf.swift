// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import Statistics
import Synchronization
import TLS

/// The certificate of one pool: reads its files, and looks once a second whether they changed. What cannot be used is told
/// once and leaves the certificate that was read before in force; mail without encryption goes on in any case.
final class CertificateShelf: Sendable {
    private struct State {
        /// The certificate that the settings want; nil when they want none.
        var file: WatchedFiles<ServerIdentity>?
        var identifier = ""
    }

    private let files: FileAccess
    private let watch: FileWatch
    private let log: any LogSink
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameter now: the wall clock, milliseconds since 1970.
    init(
        files: FileAccess,
        eventLoop: any EventLoop,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) {
        self.files = files
        self.log = log
        self.now = now
        watch = FileWatch(files: files, eventLoop: eventLoop)
    }

    /// What sessions encrypt with; nil when it could never be read.
    var identity: ServerIdentity? { state.withLock { $0.file }?.content }

    /// Reads the certificate that the settings want. Waits for the disk.
    func use(_ settings: PoolSettings) {
        let tls = settings.tls
        let (paths, protocols) = (tls.files, tls.spokenProtocols)
        let former = state.withLock { state in
            state.identifier = "\(settings.syslogName)/smtpd"
            if !tls.isWanted { state.file = nil }
            return state.file
        }
        guard tls.isWanted else { return }
        // why: a reload reads the files in any case, and says again what is wrong with them.
        let file = WatchedFiles(
            paths,
            limit: AccessLimits.fileBytes,
            files: files,
            content: former?.paths == paths ? former?.content : nil
        ) { try ServerIdentity(files: $0, names: paths, protocols: protocols) }
        // why in this order: who asks for encryption meanwhile gets the certificate that was read before.
        let outcome = file.refresh()
        state.withLock { $0.file = file }
        tell(outcome, of: file, isFirst: true)
        watch.begin { [weak self] in self?.look() }
    }

    private func look() {
        guard let file = state.withLock({ $0.file }) else { return }
        let outcome = file.refresh()
        // why: a reload may have put another in its place meanwhile.
        guard state.withLock({ $0.file === file }) else { return }
        tell(outcome, of: file, isFirst: false)
    }

    private func tell(
        _ outcome: WatchedFiles<ServerIdentity>.Outcome,
        of file: WatchedFiles<ServerIdentity>,
        isFirst: Bool
    ) {
        switch outcome {
        case .unchanged: break
        case .read: took(file, isFirst: isFirst)
        case .kept(let problem):
            let consequence =
                file.content == nil ? "TLS is not available" : "the certificate that was read before stays in force"
            write(.warning, "warning: \(problem): \(consequence)")
        }
    }

    private func took(_ file: WatchedFiles<ServerIdentity>, isFirst: Bool) {
        guard let identity = file.content else { return }
        let name = file.paths.first ?? ""
        if !identity.certificate.isValid(at: now() / 1_000) {
            write(.warning, "warning: the certificate in \(name) has expired or is not valid yet")
        } else if !isFirst {
            write(.informational, "\(name) has changed: the new certificate is in force")
        }
    }

    private func write(_ severity: Severity, _ text: String) {
        log.write(LogRecord(severity, from: state.withLock { $0.identifier }, text))
    }
}
