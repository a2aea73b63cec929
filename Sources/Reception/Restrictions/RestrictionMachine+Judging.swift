// SPDX-License-Identifier: Apache-2.0

import Resolving
import SMTP

/// What each restriction says.
extension RestrictionMachine {
    mutating func judge(_ rule: Restriction) -> Outcome {
        switch rule {
        case .permit:
            // why: nothing permits a client that nobody vouches for.
            return facts.client.address == nil ? .dunno : .permit
        case .reject:
            return refuse(rejected(settings.codes.reject, 7, 1, "Access denied"))
        case .defer:
            return refuse(rejected(settings.codes.defer, 3, 2, "Try again later"))
        case .deferIfPermit:
            return deferPermission(rejected(450, 7, 0, "defer_if_permit requested"))
        case .deferIfReject:
            return deferRejection(rejected(450, 7, 0, "defer_if_reject requested"))
        case .warnIfReject, .permitSASLAuthenticated:
            return .dunno
        case .permitMynetworks:
            return facts.isTrusted ? .permit : .dunno
        case .permitAuthDestination:
            return isRelayed == true ? .permit : .dunno
        case .rejectUnauthDestination:
            return refuseRelaying(settings.codes.relay)
        case .deferUnauthDestination:
            return refuseRelaying(max(400, settings.codes.relay - 100))
        case .checkAccess(let subject, let table):
            return access(of: subject, in: table).map { .ask($0) } ?? .dunno
        case .checkPolicyService(let service):
            let context = service.manner(in: settings.policies).context
            return .ask(.policy(service, request: PolicyRequest(facts, context: context).text))
        case .rejectUnknownClientHostname:
            return unknownClient(facts.client.host.status, 25, "cannot find your hostname")
        case .rejectUnknownReverseClientHostname:
            return unknownClient(facts.client.host.reverseStatus, 1, "cannot find your reverse hostname")
        case .rejectListedClient(let site):
            return ask(listed(site))
        case .permitListedClient(let site):
            if isRelayed == false { return .dunno }
            return ask(listed(site))
        case .rejectListedDomain(let subject, let site):
            return ask(listed(subject, site))
        case .rejectInvalidHelo:
            return invalidHelo()
        case .rejectUnknownHelo:
            return unknownHelo()
        case .rejectNonFQDN(let subject):
            return notQualified(subject)
        case .rejectUnknownDomain(let subject):
            return mailDomain(of: subject).map { .ask(.mailDomain($0)) } ?? .dunno
        case .rejectUnlisted(let subject):
            return memberLookup(of: subject).map { .ask($0) } ?? .dunno
        case .rejectUnauthPipelining:
            guard facts.isOutOfSync else { return .dunno }
            return refuse(rejected(503, 5, 0, "Improper use of SMTP command pipelining"))
        case .rejectMultiRecipientBounce:
            let limit = kind == .data || kind == .endOfData ? 1 : 0
            guard facts.hasSender, facts.sender == nil, facts.recipients > limit else { return .dunno }
            return refuse(rejected(settings.codes.multiRecipientBounce, 5, 3, "Multi-recipient bounce"))
        }
    }

    /// Goes on with a restriction whose answer has come.
    mutating func resume(_ rule: Restriction, _ answer: LookupAnswer) -> Outcome {
        switch rule {
        case .checkAccess(let subject, let table):
            return access(of: subject, in: table, answer)
        case .checkPolicyService(let service):
            return advised(by: service, answer)
        case .rejectListedClient(let site):
            return listed(site, what: facts.client.addressText, .client, answer)
        case .rejectListedDomain(let subject, let site):
            return listed(site, what: text(of: subject) ?? "", replyClass(of: subject), answer)
        case .permitListedClient(let site):
            return permitListed(site, answer)
        case .rejectUnknownHelo:
            return unknownHelo(answer)
        case .rejectUnknownDomain(let subject):
            return unknownDomain(of: subject, answer)
        case .rejectUnlisted(let subject):
            return unlisted(subject, answer)
        case .permit, .reject, .defer, .deferIfPermit, .deferIfReject, .warnIfReject, .permitMynetworks,
            .permitSASLAuthenticated, .permitAuthDestination, .rejectUnauthDestination, .deferUnauthDestination,
            .rejectUnknownClientHostname, .rejectUnknownReverseClientHostname, .rejectInvalidHelo, .rejectNonFQDN,
            .rejectUnauthPipelining, .rejectMultiRecipientBounce:
            return .dunno
        }
    }

    /// `<NAME>: CLASS rejected: TEXT` about what the list judges.
    func rejected(_ code: Int, _ subject: Int, _ detail: Int, _ text: String) -> Refusal {
        rejected(code, EnhancedStatus(code / 100, subject, detail), name, kind, text)
    }

    func rejected(_ code: Int, _ status: EnhancedStatus, _ name: String, _ kind: ReplyClass, _ text: String) -> Refusal
    {
        Refusal(code, status, "<\(name)>: \(kind.rawValue) rejected: \(text)")
    }

    /// The list of an access table's answer was not to be had.
    mutating func brokenTable(_ name: String, _ kind: ReplyClass) -> Outcome {
        refuse(
            rejected(451, EnhancedStatus(4, 3, 5), name, kind, "Server configuration error"),
            always: true
        )
    }

    func replyClass(of subject: Restriction.Subject) -> ReplyClass {
        switch subject {
        case .client: .client
        case .reverseClient: .reverseClient
        case .helo: .helo
        case .sender: .sender
        case .recipient: .recipient
        }
    }

    /// What stands for the subject in replies; nil when the client has not said it.
    func text(of subject: Restriction.Subject) -> String? {
        switch subject {
        case .client: facts.client.host.name
        case .reverseClient: facts.client.host.reverseName
        case .helo: facts.hello?.name
        case .sender: facts.hasSender ? facts.sender?.address : nil
        case .recipient: facts.recipient?.address
        }
    }

    func mailbox(of subject: Restriction.Subject) -> Mailbox? {
        switch subject {
        case .client, .reverseClient, .helo: nil
        case .sender: facts.hasSender ? facts.sender : nil
        case .recipient: facts.recipient
        }
    }

    // MARK: - Relaying

    /// Whether the recipient is in relay_domains; nil without a recipient.
    private var isRelayed: Bool? {
        facts.recipient.map { relay.isDestination($0) }
    }

    private mutating func refuseRelaying(_ code: Int) -> Outcome {
        guard let recipient = facts.recipient, !relay.isDestination(recipient) else { return .dunno }
        return refuse(Refusal(code, 7, 1, "<\(recipient.address)>: Relay access denied"))
    }

    // MARK: - Names

    private mutating func unknownClient(_ status: ClientHost.Status, _ detail: Int, _ text: String) -> Outcome {
        let code: Int
        switch status {
        case .known: return .dunno
        case .trouble: code = 450
        case .unknown, .forged: code = settings.codes.unknownClient
        }
        return refuse(Refusal(code, 7, detail, "Client host rejected: \(text), [\(facts.client.addressText)]"))
    }

    private mutating func invalidHelo() -> Outcome {
        guard let helo = facts.hello?.name else { return .dunno }
        if helo.hasPrefix("[") { return invalidLiteral(helo) }
        let name = HostName.withoutDot(helo)
        if HostName.isValid(name) || HostName.isAddress(name) { return .dunno }
        return refuse(
            rejected(settings.codes.invalidHostname, EnhancedStatus(5, 5, 2), helo, .helo, "Invalid name")
        )
    }

    private mutating func invalidLiteral(_ helo: String) -> Outcome {
        if HostName.isLiteral(helo) { return .dunno }
        return refuse(
            rejected(settings.codes.invalidHostname, EnhancedStatus(5, 5, 2), helo, .helo, "invalid ip address")
        )
    }

    private mutating func unknownHelo() -> Outcome {
        guard let helo = facts.hello?.name else { return .dunno }
        return helo.hasPrefix("[") ? invalidLiteral(helo) : .ask(.host(helo))
    }

    private mutating func unknownHelo(_ answer: LookupAnswer) -> Outcome {
        let helo = facts.hello?.name ?? ""
        let status = EnhancedStatus(4, 7, 1)
        switch answer {
        case .domain(.exists), .domain(.nullMX):
            return .dunno
        case .domain(let state):
            let text = state == .malformed ? "Malformed DNS server reply" : "Host not found"
            return refuse(rejected(settings.codes.unknownHostname, status, helo, .helo, text))
        case .access, .reply, .member, .listing, .reason, .client, .policy, .unavailable, .failed:
            return deferPermission(rejected(450, status, helo, .helo, "Host not found"))
        }
    }

    private mutating func notQualified(_ subject: Restriction.Subject) -> Outcome {
        let status = EnhancedStatus(5, 5, 2)
        let name: Substring
        switch subject {
        case .client, .reverseClient:
            return .dunno
        case .helo:
            guard let helo = facts.hello?.name else { return .dunno }
            if helo.hasPrefix("[") { return invalidLiteral(helo) }
            name = HostName.withoutDot(helo)
        case .sender, .recipient:
            guard let mailbox = mailbox(of: subject) else { return .dunno }
            if mailbox.domain.hasPrefix("[") { return .dunno }
            name = mailbox.domain[...]
        }
        if HostName.isValid(name), name.contains(".") { return .dunno }
        let text = subject == .helo ? "need fully-qualified hostname" : "need fully-qualified address"
        return refuse(
            rejected(settings.codes.nonFQDN, status, self.text(of: subject) ?? "", replyClass(of: subject), text)
        )
    }

    /// The domain to look up; nil when there is none in the DNS.
    private func mailDomain(of subject: Restriction.Subject) -> String? {
        guard let domain = mailbox(of: subject)?.domain, !domain.isEmpty, !domain.hasPrefix("["),
            domain != facts.hostname
        else { return nil }
        return domain
    }

    private mutating func unknownDomain(of subject: Restriction.Subject, _ answer: LookupAnswer) -> Outcome {
        let kind = replyClass(of: subject)
        let isSender = subject == .sender
        let name = text(of: subject) ?? ""
        let status = EnhancedStatus(4, 1, isSender ? 8 : 2)
        switch answer {
        case .domain(.exists):
            return .dunno
        case .domain(.nullMX):
            let domain = mailbox(of: subject)?.domain ?? ""
            let status = isSender ? EnhancedStatus(5, 7, 27) : EnhancedStatus(5, 1, 10)
            let text = "Domain \(domain) does not accept mail (nullMX)"
            return refuse(rejected(isSender ? 550 : 556, status, name, kind, text))
        case .domain(.malformed):
            return refuse(
                rejected(settings.codes.unknownAddress, status, name, kind, "Malformed DNS server reply")
            )
        case .domain(.absent):
            return refuse(rejected(settings.codes.unknownAddress, status, name, kind, "Domain not found"))
        case .access, .reply, .member, .listing, .reason, .client, .policy, .unavailable, .failed:
            return deferPermission(rejected(450, status, name, kind, "Domain not found"))
        }
    }
}
