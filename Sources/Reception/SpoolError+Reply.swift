// SPDX-License-Identifier: Apache-2.0

package import SMTP
package import Spooling

extension SpoolError {
    /// What a client is told: every local failure is temporary.
    package var reply: Reply {
        switch self {
        case .full, .busy: .storageExceeded
        case .disk, .unknown: .queueWriteError
        case .closing: Reply(421, EnhancedStatus(4, 3, 2), "Service shutting down and closing transmission channel")
        }
    }

    /// What the log is told.
    package var cause: String {
        switch self {
        case .full: "no space left for the queue"
        case .busy: "memory and staging area for message bodies are used up"
        case .disk(let reason): reason
        case .unknown(let id): "no such message: \(id)"
        case .closing: "the queue is closing"
        }
    }
}
