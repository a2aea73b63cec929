// SPDX-License-Identifier: Apache-2.0

/// Why the spool could not do what it was asked; every one of them is answered to a peer with a 4xx.
package enum SpoolError: Error, Sendable, Equatable {
    /// No room: the disk is full, or below `minimumFree`. 452 4.3.1.
    case full
    /// A write, sync or transaction failed; the text says which and why. 451 4.3.0.
    case disk(String)
    /// The memory budget and the staging area are both used up. 452 4.3.1.
    case busy
    /// The spool is closing. 421 4.3.2.
    case closing
    /// There is no such message (any more).
    case unknown(QueueID)
}

extension SpoolError: CustomStringConvertible {
    /// For people.
    package var description: String {
        switch self {
        case .full: "no room on the spool's disk"
        case .disk(let text): text
        case .busy: "the spool is busy"
        case .closing: "the spool is closing"
        case .unknown(let id): "no message \(id) in the queue"
        }
    }
}
