// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What the operating system said, in its usual words and without a comma, which would split a row of `show stat`.
enum FailureText {
    private static let words: [Int32: String] = [
        1: "Operation not permitted", 2: "No such file or directory", 13: "Permission denied",
        24: "Too many open files",
        97: "Address family not supported by protocol", 98: "Address already in use",
        99: "Cannot assign requested address",
        101: "Network is unreachable", 104: "Connection reset by peer", 110: "Connection timed out",
        111: "Connection refused", 113: "No route to host",
    ]

    static func of(_ error: any Error) -> String {
        if let error = error as? IOError, let text = words[error.errnoCode] { return text }
        return String("\(error)".prefix(200)).split(separator: ",").joined(separator: ";")
    }
}
