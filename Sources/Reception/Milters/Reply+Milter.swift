// SPDX-License-Identifier: Apache-2.0

package import SMTP

/// Postfix's texts for what filters decide.
extension Reply {
    /// SMFIR_REJECT.
    package static let milterRejected = Reply(550, EnhancedStatus(5, 7, 1), "Command rejected")
    /// SMFIR_TEMPFAIL, and a filter that is down where `milter_default_action = tempfail`.
    package static let milterUnavailable = Reply(
        451,
        EnhancedStatus(4, 7, 1),
        "Service unavailable - try again later"
    )
    /// A filter that is down where `milter_default_action = reject`.
    package static let milterRequired = Reply(550, EnhancedStatus(5, 5, 0), "Service unavailable")
    /// SMFIR_SHUTDOWN.
    package static let milterShutDown = Reply(421, EnhancedStatus(4, 7, 0), "Server closing connection")
    /// A filter that is down where `milter_default_action = shutdown`.
    package static let milterGone = Reply(421, EnhancedStatus(4, 7, 1), "Service unavailable - try again later")

    /// A filter refuses the client before it was greeted.
    package static func notAccepting(at hostname: String) -> Reply {
        Reply(554, nil, "\(hostname) ESMTP not accepting connections")
    }

    /// A filter sends the client away before it was greeted.
    package static func milterBusy(at hostname: String) -> Reply {
        Reply(421, nil, "\(hostname) Service unavailable - try again later")
    }
}

extension MilterManner.DefaultAction {
    /// What is said in place of a filter that is down (Postfix: milter_default_action).
    package var verdict: MilterVerdict {
        switch self {
        case .accept: .proceed
        case .reject: .refuse(.milterRequired)
        case .tempfail: .refuse(.milterUnavailable)
        case .quarantine: .hold(reason: "default_action")
        case .shutdown: .refuse(.milterGone)
        }
    }
}
