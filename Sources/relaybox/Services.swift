// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ServiceLifecycle
import Subcommands
import Systemd
import UnixSignals

/// A part of the appliance that was started before and is stopped, in its turn, when the process drains.
struct DrainService: Service {
    let stop: @Sendable () async -> Void

    func run() async throws {
        try? await gracefulShutdown()
        await stop()
    }
}

/// SIGHUP: reads the configuration again, and keeps the old one when the new one is wrong.
struct ReloadService: Service {
    let appliance: Appliance
    let file: ConfigurationFile
    /// Taken before anybody can see that the process is there: one that comes during the start, or at the word READY, waits here.
    let signals: UnixSignalsSequence

    func run() async throws {
        appliance.isReady()
        for await _ in signals.cancelOnGracefulShutdown() {
            await appliance.reload(from: file)
        }
    }
}

/// Tells the service manager that the process works, as long as every event loop answers.
struct WatchdogService: Service {
    let appliance: Appliance

    func run() async throws {
        guard let interval = appliance.notifier.watchdogInterval else { return }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for loop in appliance.group.makeIterator() {
                    _ = try? await loop.submit {}.get()
                }
                appliance.notifier.watchdog()
                try? await Task.sleep(for: .milliseconds(interval))
            }
        }
    }
}
