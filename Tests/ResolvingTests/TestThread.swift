// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Threads and programs that a test starts.
enum TestThread {
    struct Failure: Error {
        let what: String
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    static func run(_ body: @escaping @Sendable () -> Void) throws {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(body))
        let error = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            argument.toOpaque()
        )
        guard error == 0 else { throw Failure(what: "pthread_create: \(error)") }
        pthread_detach(thread)
    }
}

/// A program that runs as long as the test, with files in a folder of its own.
final class RunningProgram {
    let folder: String
    private let process: pid_t

    /// Starts it after writing files of the given texts in its folder.
    init(_ arguments: [String], files: [String: String], folder: String) throws {
        self.folder = folder
        for (name, text) in files {
            let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            guard descriptor >= 0, write(descriptor, text, text.utf8.count) == text.utf8.count else {
                throw TestThread.Failure(what: "cannot write \(name)")
            }
            close(descriptor)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/log", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let error = posix_spawn(&process, arguments[0], &actions, nil, &words, environ)
        guard error == 0 else { throw TestThread.Failure(what: "cannot start \(arguments[0]): \(error)") }
        self.process = process
    }

    deinit {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        for name in RunningProgram.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Asks again until the program answers; its questions fail as long as it does not listen.
    static func untilReady(_ answers: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if (try? await answers()) == true { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TestThread.Failure(what: "the program does not answer")
    }

    static func exists(_ path: String) -> Bool {
        access(path, X_OK) == 0
    }

    /// A new folder that everybody can read.
    static func newFolder() throws -> String {
        var template = Array("/tmp/relaybox-resolving-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestThread.Failure(what: "mkdtemp: \(errno)") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        chmod(path, 0o755)
        return path
    }

    /// A port of 127.0.0.1 that nobody uses now.
    static func freePort() throws -> UInt16 {
        let (udp, tcp, port) = try ScriptedNameserver.sockets()
        close(udp)
        close(tcp)
        return port
    }

    private static func names(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// What a TTL of so many seconds may have become when libunbound's clock has moved on since.
func about(_ seconds: Int64) -> ClosedRange<Int64> {
    (seconds - 10)...seconds
}
