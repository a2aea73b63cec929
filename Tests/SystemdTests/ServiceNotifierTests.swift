// SPDX-License-Identifier: Apache-2.0

import Glibc
import Systemd
import Testing

/// Serialised, because the service manager's address is in the environment.
@Suite(.serialized) struct ServiceNotifierTests {
    @Test func everyStateReachesTheManager() throws {
        let folder = try LogWriterTests.temporaryFolder()
        defer { LogWriterTests.remove(folder) }
        let manager = try DatagramReceiver(path: folder + "/log")
        defer { manager.end() }
        setenv("NOTIFY_SOCKET", folder + "/log", 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let notifier = ServiceNotifier()
        notifier.ready(status: "2 listeners")
        notifier.ready()
        notifier.status("busy\nREADY=1")
        notifier.reloading()
        notifier.watchdog()
        notifier.stopping()
        let messages = manager.messages()
        #expect(messages.count == 6)
        #expect(Array(messages.prefix(3)) == ["READY=1\nSTATUS=2 listeners", "READY=1", "STATUS=busy READY=1"])
        #expect(messages.dropFirst(3).first?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        #expect(messages.suffix(2) == ["WATCHDOG=1", "STOPPING=1\nSTATUS=draining"])
    }

    @Test(
        arguments: [
            ("10000000", nil, 5_000), ("1", nil, 1), ("10000000", "1", nil), (nil, nil, nil), ("nonsense", nil, nil),
            ("18446744073709551614", nil, 9_223_372_036_854_775),
        ] as [(String?, String?, Int?)]
    )
    func watchdogIsFedAtHalfItsTime(microseconds: String?, pid: String?, expected: Int?) {
        if let microseconds { setenv("WATCHDOG_USEC", microseconds, 1) }
        if let pid { setenv("WATCHDOG_PID", pid, 1) }
        defer {
            unsetenv("WATCHDOG_USEC")
            unsetenv("WATCHDOG_PID")
        }
        #expect(ServiceNotifier().watchdogInterval == expected)
    }

    @Test func withoutAManagerNothingHappens() {
        let notifier = ServiceNotifier()
        notifier.ready()
        notifier.watchdog()
        #expect(notifier.watchdogInterval == nil)
    }
}
