// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Configuration
import Delivery
import Reception
import Systemd

/// A configuration file on disk, read as often as somebody asks.
struct ConfigurationFile: Sendable {
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

    /// - Throws: `Host.ReadError`.
    func readOrFail() throws(Host.ReadError) -> Reading {
        let bytes = try Host.read(file: path)
        let (settings, diagnostics) = ConfigurationReader.read(
            file: path,
            text: bytes,
            environment: { Host.environment($0) },
            hostname: Host.name,
            tables: { try TableFiles.host.read($0) }
        )
        return Reading(
            settings: settings,
            isValid: !diagnostics.contains { $0.level == .error },
            report: diagnostics.map { $0.render() + "\n" }.joined(),
            messages: diagnostics.map { ($0.level == .error, "\($0.file):\($0.line):\($0.column): \($0.message)") }
        )
    }
}

extension TableFiles {
    /// The files of this host.
    static let host = TableFiles(
        stamp: { path in
            let (modified, size) = try Host.stamp(of: path)
            return Stamp(modified: modified, size: size)
        },
        read: { path in
            // why: what is no regular file is refused before it is opened.
            _ = try Host.stamp(of: path)
            return try Host.read(file: path, limit: AccessLimits.fileBytes)
        }
    )
}

extension TransportFiles {
    /// The files of this host.
    static let host = TransportFiles(
        stamp: { path in
            let (modified, size) = try Host.stamp(of: path)
            return Stamp(modified: modified, size: size)
        },
        read: { path in
            // why: what is no regular file is refused before it is opened.
            _ = try Host.stamp(of: path)
            return try Host.read(file: path, limit: TransportTable.byteLimit)
        }
    )
}
