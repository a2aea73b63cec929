// SPDX-License-Identifier: Apache-2.0

/// Which relaybox this is.
enum Version {
    static let number = "0.1.0"
    /// `YYYY/MM/DD`, as HAProxy prints it.
    static let date = "2026/11/24"
    static let text = "relaybox version \(number), released \(date)"
}
