// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the operating system knows: the only place besides the disk and the service manager that asks it.
package enum Host {
    /// This machine's name; `localhost` when it has none.
    package static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }

    /// The process id.
    package static var processID: Int32 { getpid() }

    /// Processors that are on line, at least 1.
    package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// The wall clock, milliseconds since 1970.
    package static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Microseconds of processor time this process has used so far.
    package static var processorTime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// Seconds east of UTC at a time in milliseconds since 1970.
    package static func zoneOffset(at time: Int64) -> Int {
        var seconds = time_t(time / 1_000)
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? 0 : parts.tm_gmtoff
    }

    /// An environment variable; nil when it is not set.
    package static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether a descriptor is a terminal.
    package static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Raises the limit of open descriptors to the hard limit and returns what it is then.
    package static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            let soft = limit.rlim_cur
            limit.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = soft }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Ends the process with a last text: on standard output where the code is 0, else on standard error.
    package static func end(_ code: Int32, _ text: String) -> Never {
        if code == 0 { output(text) } else { write(text, to: 2) }
        exit(code)
    }

    /// Ends the process.
    package static func exit(_ code: Int32) -> Never {
        Glibc.exit(code)
    }

    /// Takes the places of standard input, output and error where they are closed, before anything else is opened: a body's file
    /// that stood in one of them would be written what the process has to say. Reading and writing still fail there.
    package static func keepStandardDescriptors() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            let opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
            // why: the lowest free number is this one, unless another thread has opened something.
            if opened > descriptor { close(opened) }
        }
    }

    /// Writes what a command was asked for to standard output. Ends the process where that cannot be done: with 0 when nobody reads
    /// any more, else with 1 and a sentence, because a list that is cut off looks like a shorter one.
    package static func output(_ text: String) { output(Array(text.utf8)) }

    /// The same with bytes.
    package static func output(_ bytes: [UInt8]) {
        let code = write(bytes, to: 1)
        if code == 0 { return }
        if code == EPIPE { exit(0) }
        write("relaybox: cannot write to standard output: \(String(cString: strerror(code)))\n", to: 2)
        exit(1)
    }

    /// Writes text to standard output (1) or standard error (2), all of it, or returns errno.
    @discardableResult
    package static func write(_ text: String, to descriptor: Int32 = 1) -> Int32 {
        write(Array(text.utf8), to: descriptor)
    }

    /// The same with bytes.
    @discardableResult
    package static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}
