// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What the operating system said, in its usual words and without a comma, which would split a row of `show stat`.
enum FailureText {
    static func of(_ error: any Error) -> String {
        if let error = error as? IOError, let text = SystemErrors.words[error.errnoCode] { return text }
        return String("\(error)".prefix(200)).split(separator: ",").joined(separator: ";")
    }
}
