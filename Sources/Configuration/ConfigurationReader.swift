// SPDX-License-Identifier: Apache-2.0

import Delivery
import Reception

/// Owns the way from the text of an `appliance.conf` to the roles' settings. It touches nothing outside: files are read,
/// and the environment asked, by the caller.
package enum ConfigurationReader {
    /// Bytes of the largest file that a configuration may name.
    package static let tableBytes = max(AccessLimits.fileBytes, TransportTable.byteLimit)

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - file: the name that diagnostics print.
    ///   - text: the file's bytes.
    ///   - environment: the value of an environment variable, nil when it is not set.
    ///   - hostname: the host's own name, for files without `hostname`.
    ///   - tables: the bytes of a file that the configuration names, `tableBytes` at most; nil: they are not
    ///     looked at.
    /// - Returns: the settings, which are fit for use when no diagnostic is an error, and everything that was found, in the
    ///   order of the lines; what is wrong inside of other files comes last.
    package static func read(
        file: String,
        text: [UInt8],
        environment: (String) -> String?,
        hostname: String,
        tables: ((String) throws -> [UInt8])? = nil
    ) -> (settings: ApplianceSettings, diagnostics: [Diagnostic]) {
        withoutActuallyEscaping(environment) { environment in
            let source = SourceText(file: file, bytes: text)
            var findings = Findings()
            var reader = SectionReader(source, environment: environment)
            let sections = reader.read(findings: &findings)
            var assembly = Assembly(hostname: hostname)
            assembly.read(sections, findings: &findings)
            var settings = assembly.settings(environment: environment, findings: &findings)
            CertificateCheck.check(assembly.pools, read: tables, &findings)
            var inside = tables.map { self.inside($0, assembly, &findings) } ?? []
            if let tables {
                let files = AddressFiles(read: tables)
                inside += files.fill(&settings.balancer.addressLists, of: assembly.proxies, &findings)
            }
            return (settings, diagnostics(findings, in: source, secrets: reader.secrets) + inside)
        }
    }

    /// Reads a whole file that is already text.
    package static func read(
        file: String,
        text: String,
        environment: (String) -> String?,
        hostname: String,
        tables: ((String) throws -> [UInt8])? = nil
    ) -> (settings: ApplianceSettings, diagnostics: [Diagnostic]) {
        read(file: file, text: Array(text.utf8), environment: environment, hostname: hostname, tables: tables)
    }

    /// What is wrong inside of the files that pools and queue name.
    private static func inside(
        _ read: @escaping (String) throws -> [UInt8],
        _ assembly: Assembly,
        _ findings: inout Findings
    ) -> [Diagnostic] {
        var check = TableCheck(read: read)
        check.check(assembly.pools, &findings)
        if let queue = assembly.queue?.draft { check.check(queue, &findings) }
        return check.diagnostics
    }

    private static func diagnostics(_ findings: Findings, in source: SourceText, secrets: [Int: Int]) -> [Diagnostic] {
        var all = findings.all
        if findings.omitted > 0 {
            let text = "\(findings.omitted) more errors and warnings are not shown"
            all.append(Finding(findings.omittedError ? .error : .warning, line: nil, offset: 0, text))
        }
        // Swift's sort is stable, so what was found about one place keeps its order.
        return all.sorted { ($0.line ?? .max, $0.offset) < ($1.line ?? .max, $1.offset) }
            .map { Diagnostic($0, in: source, secrets: secrets) }
    }
}
