// SPDX-License-Identifier: Apache-2.0

import Resolving
import SMTP

/// Block and allow lists in the DNS.
extension RestrictionMachine {
    /// Asks a list about a name; nothing to ask says nothing.
    mutating func ask(_ name: DomainName?) -> Outcome {
        listing = name
        asksReason = false
        return name.map { .ask(.listing($0)) } ?? .dunno
    }

    /// The name to ask a list of addresses for; nil without an address.
    func listed(_ site: BlocklistSite) -> DomainName? {
        guard let address = facts.client.address else { return nil }
        return BlocklistQuery(HostAddress(high: address.high, low: address.low), in: site.zone)?.name
    }

    /// The name to ask a list of domains for; nil when the subject has no domain that may be asked about.
    func listed(_ subject: Restriction.Subject, _ site: BlocklistSite) -> DomainName? {
        let domain: String
        switch subject {
        case .client, .reverseClient, .helo: domain = text(of: subject) ?? ""
        case .sender, .recipient: domain = mailbox(of: subject)?.domain ?? ""
        }
        guard !HostName.endsInNumber(domain), HostName.isValid(domain) else { return nil }
        return DomainName("\(domain).\(site.zone.text)")
    }

    /// What a block list said: the listing, then the reason. A list in trouble refuses nobody.
    mutating func listed(_ site: BlocklistSite, what: String, _ kind: ReplyClass, _ answer: LookupAnswer) -> Outcome {
        switch answer {
        case .listing(let reply):
            warn(of: reply, site, what)
            guard site.matches(reply.listings) else { return .dunno }
            guard let listing else { return findReply(site, what, kind, "") }
            asksReason = true
            return .ask(.reason(listing))
        case .reason(let text):
            return findReply(site, what, kind, text ?? "")
        case .reply(let template):
            return refuseListed(site, what, kind, template)
        case .failed(let reason):
            // why: the listing was found before its reason was asked for.
            if asksReason { return findReply(site, what, kind, "") }
            note(.trouble("\(what): RBL lookup error: \(site.zone): \(reason)"))
            return .dunno
        case .unavailable:
            // why: what the reply was to say is not known, and it may have to hide something.
            return refuse(Refusal(451, 3, 5, "Server configuration error"), always: true)
        case .access, .member, .domain, .client, .policy:
            return .dunno
        }
    }

    /// The listing is certain: looks for the list's own reply.
    private mutating func findReply(_ site: BlocklistSite, _ what: String, _ kind: ReplyClass, _ reason: String)
        -> Outcome
    {
        self.reason = reason
        guard !settings.listedReplies.isEmpty else { return refuseListed(site, what, kind, nil) }
        return .ask(.reply(settings.listedReplies, keys: [site.notation.lowercased(), site.zone.text]))
    }

    /// What an allow list said; trouble with it makes a refusal that follows temporary.
    mutating func permitListed(_ site: BlocklistSite, _ answer: LookupAnswer) -> Outcome {
        let address = facts.client.addressText
        switch answer {
        case .listing(let reply):
            warn(of: reply, site, address)
            return site.matches(reply.listings) ? .permit : .dunno
        case .failed(let reason):
            note(.trouble("\(address): RBL lookup error: \(site.zone): \(reason)"))
            return deferRejection(
                rejected(450, EnhancedStatus(4, 7, 1), address, .client, "Service unavailable")
            )
        case .access, .reply, .member, .domain, .reason, .client, .policy, .unavailable:
            return .dunno
        }
    }

    private mutating func warn(of reply: BlocklistReply, _ site: BlocklistSite, _ what: String) {
        guard let refusal = reply.refusals.first else { return }
        note(
            .trouble(
                "\(what): RBL lookup error: \(site.zone) answered \(refusal): it does not serve this resolver, "
                    + "and nothing is taken for listed"
            )
        )
    }

    private mutating func refuseListed(
        _ site: BlocklistSite,
        _ what: String,
        _ kind: ReplyClass,
        _ template: ReplyTemplate?
    ) -> Outcome {
        let template = template ?? settings.listedReply
        let code = settings.codes.listed
        let (facts, zone, reason) = (facts, site.zone.text, reason)
        let text = template.expanded { name in
            switch name {
            case "rbl_code": "\(code)"
            case "rbl_domain": zone
            case "rbl_reason", "rbl_txt": reason
            case "rbl_what": what
            case "rbl_class": kind.rawValue
            default: facts.attribute(name)
            }
        }
        let (word, rest) = AccessEntries.split(text)
        guard word.utf8.count == 3, let code = Int(word), (400...599).contains(code) else {
            note(.trouble("rbl response code configuration error: \(text)"))
            return refuse(Refusal(450, 7, 1, "Service unavailable"))
        }
        let (status, message) = AccessText.split(rest)
        return refuse(
            Refusal(
                code,
                (status ?? EnhancedStatus(code / 100, 7, 1)).fitting(kind),
                message.isEmpty ? "Service unavailable" : message
            )
        )
    }
}
