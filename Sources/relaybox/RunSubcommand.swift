// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Logging
import NIOPosix
import ServiceLifecycle
import Subcommands
import Systemd
import UnixSignals

/// `relaybox run`: the service itself, in the foreground.
struct RunSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the appliance in the foreground."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let file = ConfigurationFile(path: options.file)
        let reading = try file.read()
        Host.write(reading.report, to: 2)
        guard reading.isValid else {
            Host.write("relaybox: \(options.file) has errors: not started\n", to: 2)
            throw ExitCode(1)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: reading.settings.threads ?? Host.processors)
        let appliance: Appliance
        let reloads = await UnixSignalsSequence(trapping: .sighup)
        do {
            appliance = try Appliance(reading.settings, group: group)
            try await appliance.start()
        } catch {
            Host.write("relaybox: \(error)\n", to: 2)
            throw ExitCode(1)
        }
        // A service further down is stopped first: the balancer takes no more, then the queue comes to rest.
        let parts: [any Service] = [
            appliance.controlService, appliance.spoolService, appliance.courierService, appliance.balancerService,
            ReloadService(appliance: appliance, file: file, signals: reloads), WatchdogService(appliance: appliance),
        ]
        let services = ServiceGroup(
            configuration: .init(
                services: parts.map { .init(service: $0, successTerminationBehavior: .ignore) },
                gracefulShutdownSignals: [.sigterm, .sigint, .sigusr1],
                logger: Logger(label: "relaybox") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await services.run()
        appliance.stopped()
        try? await group.shutdownGracefully()
    }
}
