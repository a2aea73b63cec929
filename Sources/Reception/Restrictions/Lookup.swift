// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol
package import Resolving

/// What the restriction machine must be told to go on.
package enum Lookup: Sendable, Equatable {
    /// The first of the keys that an access table has or has a pattern for, or the first network that holds the address.
    case access(TableName, keys: [String], address: IPAddress?)
    /// Whether one of the tables has one of the keys, or a pattern that matches the first, which is the whole address.
    case member([TableName], keys: [String])
    /// The reply that one of the tables has for the first of the keys.
    case reply([TableName], keys: [String])
    /// The A records of a name below a block or allow list.
    case listing(DomainName)
    /// The TXT records of a listing, which say why.
    case reason(DomainName)
    /// Whether a domain can be sent mail to (its MX, else its addresses).
    case mailDomain(String)
    /// Whether a host name exists (its addresses, else its MX).
    case host(String)
    /// The name of the client at an address, confirmed by the name's own addresses.
    case client(IPAddress)
    /// What a policy service says to a request.
    case policy(PolicyService, request: String)
}

/// The answer to a `Lookup`.
package enum LookupAnswer: Sendable, Equatable {
    /// nil: no entry.
    case access(AccessAction?)
    case member(Bool)
    /// nil: no entry.
    case reply(ReplyTemplate?)
    case listing(BlocklistReply)
    /// nil: there is no reason.
    case reason(String?)
    case domain(DomainState)
    case client(ClientHost)
    /// The action of a policy service, as it wrote it.
    case policy(String)
    /// The table could never be read.
    case unavailable
    /// The DNS or the service did not answer; the text says why.
    case failed(String)
}

/// What the DNS says of a domain.
package enum DomainState: Sendable, Equatable {
    case exists
    /// It says that it takes no mail (RFC 7505).
    case nullMX
    case absent
    case malformed
}

/// Asks the DNS. The completion runs once, on any thread, at once when the answer is known.
package typealias LookUp = @Sendable (Lookup, @escaping @Sendable (LookupAnswer) -> Void) -> Void
