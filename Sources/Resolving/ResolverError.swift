// SPDX-License-Identifier: Apache-2.0

/// Why there is no answer. All but `invalidName` may pass by themselves and are a reason to try again later.
package enum ResolverError: Error, Sendable, Hashable {
    /// The text cannot be a name in the DNS.
    case invalidName
    /// No answer within the timeout.
    case timedOut
    /// The name servers could not answer (SERVFAIL), or none of them did.
    case serverFailure
    /// Signatures are missing or wrong: the answer may be forged. The text says what failed.
    case bogus(String)
    /// A response code that no other case stands for.
    case response(code: Int)
    /// As many questions or askers are waiting as the settings allow.
    case overloaded
    /// The asker has gone.
    case cancelled
    /// The resolver has been closed.
    case closed
    /// The settings cannot be used: which, and why.
    case unusable(String)
    /// libunbound failed; its own text.
    case library(String)
}

extension ResolverError: CustomStringConvertible {
    /// A short text for log lines.
    package var description: String {
        switch self {
        case .invalidName: "invalid name"
        case .timedOut: "timed out"
        case .serverFailure: "server failure"
        case .bogus(let reason): "DNSSEC validation failed: \(reason)"
        case .response(let code): "response code \(code)"
        case .overloaded: "too many queries"
        case .cancelled: "cancelled"
        case .closed: "resolver closed"
        case .unusable(let reason): reason
        case .library(let reason): "resolver library: \(reason)"
        }
    }
}
