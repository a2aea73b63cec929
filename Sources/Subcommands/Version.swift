// SPDX-License-Identifier: Apache-2.0

/// Which relaybox this is.
package enum Version {
    /// `MAJOR.MINOR.PATCH`.
    package static let number = "0.1.0"
    /// `YYYY/MM/DD`, as HAProxy prints it.
    package static let date = "2026/11/24"
    /// What `relaybox version` prints.
    package static let text = "relaybox version \(number), released \(date)"
}
