// SPDX-License-Identifier: Apache-2.0

package import Resolving

/// One word of a `smtpd_*_restrictions` list with what belongs to it (Postfix: postconf(5), ACCESS CONTROL).
package enum Restriction: Sendable, Hashable {
    case permit
    case reject
    case `defer`
    case deferIfPermit
    case deferIfReject
    /// The restriction behind it only warns.
    case warnIfReject
    case permitMynetworks
    /// No client can authenticate in this version: says nothing.
    case permitSASLAuthenticated
    case permitAuthDestination
    case rejectUnauthDestination
    case deferUnauthDestination
    case checkAccess(Subject, TableName)
    case checkPolicyService(PolicyService)
    case rejectUnknownClientHostname
    case rejectUnknownReverseClientHostname
    /// reject_rbl_client, permit_dnswl_client
    case rejectListedClient(BlocklistSite)
    case permitListedClient(BlocklistSite)
    /// reject_rhsbl_client, _reverse_client, _helo, _sender, _recipient
    case rejectListedDomain(Subject, BlocklistSite)
    case rejectInvalidHelo
    case rejectUnknownHelo
    /// Helo, sender or recipient.
    case rejectNonFQDN(Subject)
    /// Sender or recipient.
    case rejectUnknownDomain(Subject)
    case rejectUnlisted(Subject)
    case rejectUnauthPipelining
    case rejectMultiRecipientBounce

    /// What a restriction looks at.
    package enum Subject: String, Sendable, Hashable, CaseIterable {
        case client
        case reverseClient = "reverse_client"
        case helo
        case sender
        case recipient
    }
}

extension Restriction: CustomStringConvertible {
    /// The restriction as a file has it.
    package var description: String {
        switch self {
        case .permit: "permit"
        case .reject: "reject"
        case .defer: "defer"
        case .deferIfPermit: "defer_if_permit"
        case .deferIfReject: "defer_if_reject"
        case .warnIfReject: "warn_if_reject"
        case .permitMynetworks: "permit_mynetworks"
        case .permitSASLAuthenticated: "permit_sasl_authenticated"
        case .permitAuthDestination: "permit_auth_destination"
        case .rejectUnauthDestination: "reject_unauth_destination"
        case .deferUnauthDestination: "defer_unauth_destination"
        case .checkAccess(.reverseClient, let table): "check_reverse_client_hostname_access \(table)"
        case .checkAccess(let subject, let table): "check_\(subject.rawValue)_access \(table)"
        case .checkPolicyService(let service):
            "check_policy_service \(service.name)\(service.exceptions.isEmpty ? "" : " \(service.exceptions)")"
        case .rejectUnknownClientHostname: "reject_unknown_client_hostname"
        case .rejectUnknownReverseClientHostname: "reject_unknown_reverse_client_hostname"
        case .rejectListedClient(let site): "reject_rbl_client \(site.notation)"
        case .permitListedClient(let site): "permit_dnswl_client \(site.notation)"
        case .rejectListedDomain(let subject, let site): "reject_rhsbl_\(subject.rawValue) \(site.notation)"
        case .rejectInvalidHelo: "reject_invalid_helo_hostname"
        case .rejectUnknownHelo: "reject_unknown_helo_hostname"
        case .rejectNonFQDN(.helo): "reject_non_fqdn_helo_hostname"
        case .rejectNonFQDN(let subject): "reject_non_fqdn_\(subject.rawValue)"
        case .rejectUnknownDomain(let subject): "reject_unknown_\(subject.rawValue)_domain"
        case .rejectUnlisted(let subject): "reject_unlisted_\(subject.rawValue)"
        case .rejectUnauthPipelining: "reject_unauth_pipelining"
        case .rejectMultiRecipientBounce: "reject_multi_recipient_bounce"
        }
    }

    /// Whether the restriction says something of the client's name, which must be looked up for that.
    var needsClientName: Bool {
        switch self {
        case .rejectUnknownClientHostname, .rejectUnknownReverseClientHostname,
            .rejectListedDomain(.client, _), .rejectListedDomain(.reverseClient, _), .checkAccess(.reverseClient, _),
            .checkPolicyService:
            true
        case .checkAccess(.client, let table):
            table.format == .keys
        case .permit, .reject, .defer, .deferIfPermit, .deferIfReject, .warnIfReject, .permitMynetworks,
            .permitSASLAuthenticated, .permitAuthDestination, .rejectUnauthDestination, .deferUnauthDestination,
            .checkAccess, .rejectListedClient, .permitListedClient, .rejectListedDomain, .rejectInvalidHelo,
            .rejectUnknownHelo, .rejectNonFQDN, .rejectUnknownDomain, .rejectUnlisted, .rejectUnauthPipelining,
            .rejectMultiRecipientBounce:
            false
        }
    }

    /// Whether the restriction keeps strangers from relaying, at the latest at the end of its list.
    package var preventsRelaying: Bool {
        switch self {
        case .reject, .defer, .deferIfPermit, .rejectUnauthDestination, .deferUnauthDestination: true
        case .permit, .deferIfReject, .warnIfReject, .permitMynetworks, .permitSASLAuthenticated,
            .permitAuthDestination, .checkAccess, .checkPolicyService, .rejectUnknownClientHostname,
            .rejectUnknownReverseClientHostname, .rejectListedClient, .permitListedClient, .rejectListedDomain,
            .rejectInvalidHelo, .rejectUnknownHelo,
            .rejectNonFQDN, .rejectUnknownDomain, .rejectUnlisted, .rejectUnauthPipelining,
            .rejectMultiRecipientBounce:
            false
        }
    }

    var policyService: PolicyService? { if case .checkPolicyService(let service) = self { service } else { nil } }
    var table: TableName? { if case .checkAccess(_, let table) = self { table } else { nil } }
}

extension BlocklistSite {
    /// The site as a restriction names it.
    var notation: String { filter.map { "\(zone)=\($0)" } ?? "\(zone)" }
}
