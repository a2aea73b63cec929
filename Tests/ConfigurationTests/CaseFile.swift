// SPDX-License-Identifier: Apache-2.0

import Configuration
import Glibc
import Support
import Testing

/// One `*.case` file: a configuration, a line `----`, and what reading it yields.
///
/// A comment `#env NAME=value` sets an environment variable; the host is always `host.example.net`.
struct CaseFile: CustomTestStringConvertible {
    let path: String
    let configuration: String
    let expected: String

    var testDescription: String { String(path.split(separator: "/").last ?? "") }

    init(path: String) throws {
        self.path = path
        let text = String(decoding: try TextFile.read(path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let separator = try #require(lines.firstIndex(of: "----"), "\(path) has no line ----")
        configuration = lines[..<separator].map { $0 + "\n" }.joined()
        expected = lines[(separator + 1)...].joined(separator: "\n")
    }

    /// The files that configurations may name.
    private static let tables = [
        "/tables/certificate": TestCertificate.relay,
        "/tables/key": TestCertificate.relayKey,
        "/tables/both": TestCertificate.relayKey + "\n" + TestCertificate.relay,
        "/tables/other": TestCertificate.otherKey,
        "/tables/screen": "# ours\n192.0.2.0/24 permit\n2001:db8::/32 reject\n",
        "/tables/clients": "192.0.2.0/24 REJECT not\n  you\n2001:db8::/32 OK\n198.51.100.1 450 later\n",
        "/tables/bad.lst": "# bad ones\n192.0.2.7\n\n  198.51.100.0/24  \n2001:db8:bad::1/48\n",
        "/tables/wrong.lst": "192.0.2.1 reject\nexample.net\n192.0.2.1/33\n",
        "/tables/access": "# ours\nexample.org REJECT 5.7.1 go away\n<> OK\n",
        "/tables/patterns": "# ours\nif !/^mail\\./\n/^(.*)\\.dsl\\./ REJECT $1 is no server\nendif\n",
        "/tables/wrong-patterns": "/a/q OK\n/(?=a)/ OK\n/a/ REJECT $1\nif /b/\n",
        "/tables/recipients": "a@example.net x\n@example.org x\n",
        "/tables/replies": "key.bl.example $rbl_code Listed${rbl_reason?: $rbl_reason}\n",
        "/tables/wrong-access": "example.org FILTER smtp:x\nexample.net 450 5.7.1 never\nexample.com\n",
        "/tables/transport": "b.example smtp:[192.0.2.1]\n* :\n",
        "/tables/transport-wrong": "# ways\nb.example lmtp:x\nc.example smtp:[x\n",
        "/tables/wrong": "192.0.2.1/24 reject\n\n!10.0.0.0/8 permit\nif 10.0.0.0/8\n10.0.0.0/8 FILTER\t\u{7}smtp:x\n",
    ]

    /// Every diagnostic as people see it, then, without an error, the settings.
    var actual: String {
        var environment: [String: String] = [:]
        for line in configuration.split(separator: "\n") where line.hasPrefix("#env ") {
            let parts = line.dropFirst(5).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        let (settings, diagnostics) = ConfigurationReader.read(
            file: "appliance.conf",
            text: configuration,
            environment: { environment[$0] },
            hostname: "host.example.net",
            tables: { path in
                guard let text = CaseFile.tables[path] else { throw TextFile.Unreadable(path: path) }
                return Array(text.utf8)
            }
        )
        var output = diagnostics.map { $0.render() + "\n" }.joined()
        if !diagnostics.contains(where: { $0.level == .error }) { output += settings.dump() + "\n" }
        return output
    }

    /// Every case beside this file.
    static var all: [CaseFile] {
        get throws {
            let folder = String(#filePath.dropLast("CaseFile.swift".count)) + "Cases"
            return try TextFile.names(in: folder).filter { $0.hasSuffix(".case") }.sorted()
                .map { try CaseFile(path: folder + "/" + $0) }
        }
    }
}

/// Reads what tests keep in files.
enum TextFile {
    struct Unreadable: Error { let path: String }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Unreadable(path: path) }
    }

    static func names(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    /// The top of the source tree.
    static var repository: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }
}
