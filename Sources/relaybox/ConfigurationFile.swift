// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Configuration
import Files
import Systemd

/// A configuration file on disk, read as often as somebody asks.
struct ConfigurationFile: Sendable {
    /// Bytes that are read; what the file may have is the reader's to say.
    private static let byteLimit = 16_777_216

    let path: String

    /// What one reading came to.
    struct Reading: Sendable {
        var settings: ApplianceSettings
        var isValid: Bool
        /// Every diagnostic, ready to print; empty when there is none.
        var report: String
        /// The first line of each diagnostic, for the log.
        var messages: [(isError: Bool, text: String)]
    }

    /// - Throws: `ExitCode(1)` after saying why the file cannot be read.
    func read() throws -> Reading {
        do {
            return try readOrFail()
        } catch {
            Host.write("relaybox: \(error)\n", to: 2)
            throw ExitCode(1)
        }
    }

    /// - Throws: `HostFile.ReadError`.
    func readOrFail() throws(HostFile.ReadError) -> Reading {
        let bytes = try HostFile.read(path, limit: ConfigurationFile.byteLimit)
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
