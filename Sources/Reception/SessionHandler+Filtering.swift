// SPDX-License-Identifier: Apache-2.0

import SMTP

/// What filters say of what the client wants, after the restrictions let it pass.
extension SessionHandler {
    /// `answer` gets the refusal, which was logged, or nil; see `consult`. A wait begins with `awaitAnswer`.
    func filter(_ point: JudgedPoint, then answer: @escaping (Reply?) -> Void) {
        answer(nil)
    }
}
