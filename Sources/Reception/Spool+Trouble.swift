// SPDX-License-Identifier: Apache-2.0

package import Spooling

extension Spool {
    /// Why no mail can be taken now, for a health check; nil while it can.
    ///
    /// Opening a draft is the question itself: nothing is written by it, and a spool that is shut looks at its disk again.
    package var trouble: String? {
        do throws(SpoolError) {
            _ = try draft()
            return nil
        } catch {
            if case .shedding(let reason) = statistics.health { return reason }
            return error.cause
        }
    }
}
