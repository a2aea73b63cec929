// SPDX-License-Identifier: Apache-2.0

/// Why a listener could not be opened.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The frontend whose `bind` line failed, the address as the line has it, and what was wrong.
    package var frontend: String
    /// The address as the `bind` line has it.
    package var address: String
    /// The kernel's words, or what systemd did not pass.
    package var reason: String

    package var description: String { "frontend \(frontend): cannot listen on \(address): \(reason)" }
}

extension BindSettings.Address: CustomStringConvertible {
    /// The address as a `bind` line has it.
    package var description: String {
        switch self {
        case .ip(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        case .systemd(let name): "systemd@\(name)"
        }
    }
}
