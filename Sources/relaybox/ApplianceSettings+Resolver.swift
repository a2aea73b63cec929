// SPDX-License-Identifier: Apache-2.0

import Configuration
import Resolving
import Statistics

extension ApplianceSettings {
    /// The resolver of the process, on the configured name servers or else the host's.
    ///
    /// - Throws: `ResolverError.unusable` with a text for the operator when the configured servers cannot be used; a host
    ///   without working DNS only gets a warning, for not every appliance needs it.
    func resolver(log: any LogSink, now: @escaping @Sendable () -> Int64) throws -> Resolving.Resolver? {
        do {
            return try Resolving.Resolver(settings: resolving, now: now)
        } catch {
            guard nameservers.isEmpty else { throw error }
            log.write(LogRecord(.warning, from: logTag, "the DNS cannot be asked: \(error)"))
            return nil
        }
    }
}
