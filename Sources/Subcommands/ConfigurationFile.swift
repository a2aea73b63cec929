// SPDX-License-Identifier: Apache-2.0

import CommandArguments
package import Configuration
package import Files
import Systemd

/// A configuration file on disk, read as often as somebody asks.
package struct ConfigurationFile: Sendable {
    /// Bytes that are read; what the file may have is the reader's to say.
    private static let byteLimit = 16_777_216

    /// As it was given; diagnostics repeat it.
    package let path: String

    /// Reads nothing yet.
    package init(path: String) {
        self.path = path
    }

    /// What one reading came to.
    package struct Reading: Sendable {
        /// What the file says, as far as it could be read; only fit for use where `isValid`.
        package var settings: ApplianceSettings
        /// Whether the settings are fit for use: nothing found is an error.
        package var isValid: Bool
        /// Every diagnostic, ready to print; empty when there is none.
        package var report: String
        /// The first line of each diagnostic, for the log.
        package var messages: [(isError: Bool, text: String)]
    }

    /// - Throws: `ExitCode(1)` after saying why the file cannot be read.
    package func read() throws -> Reading {
        do {
            return try readOrFail()
        } catch {
            Host.write(
                "relaybox: cannot read the configuration \(error). Name another file with --file,"
                    + " or run this as a user who may read it.\n",
                to: 2
            )
            throw ExitCode(1)
        }
    }

    /// - Throws: `HostFile.ReadError`.
    package func readOrFail() throws(HostFile.ReadError) -> Reading {
        let bytes = try HostFile.read(path, limit: ConfigurationFile.byteLimit, kind: .stream)
        let (settings, diagnostics) = ConfigurationReader.read(
            file: path,
            text: bytes,
            environment: { Host.environment($0) },
            hostname: Host.name,
            tables: { try FileAccess.host.read($0, ConfigurationReader.tableBytes) }
        )
        return Reading(
            settings: settings,
            isValid: !diagnostics.contains { $0.level == .error },
            report: diagnostics.map { $0.render() + "\n" }.joined(),
            messages: diagnostics.map { ($0.level == .error, "\($0.file):\($0.line):\($0.column): \($0.message)") }
        )
    }
}
