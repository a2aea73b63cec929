// SPDX-License-Identifier: Apache-2.0

import SMTP

/// Access tables, policy services and tables of recipients.
extension RestrictionMachine {
    /// What to ask an access table; nil when the client has not said what it is about.
    func access(of subject: Restriction.Subject, in table: TableName) -> Lookup? {
        // why: patterns are asked for the whole alone, names as they are, addresses in lower case (Postfix: smtpd_resolve(3)).
        func keys(_ whole: String, _ parts: @autoclosure () -> [String]) -> [String] {
            table.format.hasPatterns ? [whole].filter { !$0.isEmpty } : parts()
        }
        func mailKeys(_ mailbox: Mailbox) -> [String] {
            let (address, domain) = facts.qualified(mailbox)
            return keys(address.lowercased(), AccessKeys.mail(address, domain: domain))
        }
        switch subject {
        case .client, .reverseClient:
            // why: a client that nobody vouches for is in no table.
            guard let address = facts.client.address else { return nil }
            let host = subject == .client ? facts.client.host.logName : facts.client.host.logReverseName
            let text = facts.client.addressText
            let names = keys(host, AccessKeys.domain(host))
            return .access(table, keys: names + keys(text, AccessKeys.address(text)), address: address)
        case .helo:
            return facts.hello.map { .access(table, keys: keys($0.name, AccessKeys.domain($0.name)), address: nil) }
        case .sender:
            guard facts.hasSender else { return nil }
            guard let sender = facts.sender else { return .access(table, keys: ["<>"], address: nil) }
            return .access(table, keys: mailKeys(sender), address: nil)
        case .recipient:
            guard let recipient = facts.recipient else { return nil }
            return .access(table, keys: mailKeys(recipient), address: nil)
        }
    }

    /// What an access table said.
    mutating func access(of subject: Restriction.Subject, in table: TableName, _ answer: LookupAnswer) -> Outcome {
        let kind = replyClass(of: subject)
        let name: String
        switch subject {
        case .client: name = facts.client.logName
        case .reverseClient: name = facts.client.host.logReverseName
        case .helo, .sender, .recipient: name = text(of: subject) ?? ""
        }
        guard case .access(let action) = answer else { return brokenTable(name, kind) }
        // why: an address with a route in it may lead anywhere (Postfix: SUSPICIOUS).
        if action == .ok, subject == .recipient, facts.recipient?.hasRoute == true { return .dunno }
        return action.map { follow($0, name, kind) } ?? .dunno
    }

    /// What a policy service said; what it did not say is `smtpd_policy_service_default_action`.
    mutating func advised(by service: PolicyService, _ answer: LookupAnswer) -> Outcome {
        var text = service.manner(in: settings.policies).defaultAction
        switch answer {
        case .policy(let action): text = action
        case .failed(let reason): note(.trouble("problem talking to server \(service.name): \(reason)"))
        case .access, .member, .reply, .listing, .reason, .domain, .client, .unavailable: break
        }
        do throws(AccessEntries.Wrong) {
            return follow(try AccessAction(text), name, kind)
        } catch {
            note(.trouble("the action of server \(service.name) cannot be followed: \(error.message)"))
            return refuse(Refusal(451, 3, 5, "Server configuration error"), always: true)
        }
    }

    private mutating func follow(_ action: AccessAction, _ name: String, _ kind: ReplyClass) -> Outcome {
        switch action {
        case .dunno:
            return .dunno
        case .ok:
            return .permit
        case .reject(let text):
            return refuse(refusal(settings.codes.accessReject, text, name, kind, "Access denied"))
        case .defer(let text):
            return refuse(refusal(settings.codes.accessDefer, text, name, kind, "Access denied"))
        case .refuse(let code, let text):
            return refuse(refusal(code, text, name, kind, "Access denied"))
        case .deferIfPermit(let text):
            return deferPermission(refusal(settings.codes.accessDefer, text, name, kind, "Service unavailable"))
        case .deferIfReject(let text):
            return deferRejection(refusal(settings.codes.accessDefer, text, name, kind, "Service unavailable"))
        case .info(let text):
            note(.info(text))
            return .dunno
        case .warn(let text):
            note(.warn(text))
            return .dunno
        case .change(let effect, let text):
            return change(effect, text.isEmpty ? effect.standardText : text, "<\(name)>: \(kind.rawValue)")
        }
    }

    /// Notes what is to be done with the message; one that is thrown away need not be judged further (Postfix: check_table_result).
    private mutating func change(_ effect: MessageEffect, _ text: String, _ what: String) -> Outcome {
        if case .prepend = effect, kind == .endOfData {
            note(.trouble("\(what): PREPEND comes too late behind the message"))
            return .dunno
        }
        if case .prepend = effect {
        } else if !facts.session.changesMessages {
            note(.trouble("\(what) \(text): that is not to be had with smtpd_proxy_filter"))
            return .dunno
        }
        note(.change(effect, "\(what) \(text)"))
        return effect == .discard ? .permit : .dunno
    }

    private func refusal(_ code: Int, _ text: AccessText, _ name: String, _ kind: ReplyClass, _ standard: String)
        -> Refusal
    {
        let status = (text.status ?? EnhancedStatus(code / 100, 7, 1)).fitting(kind)
        return rejected(code, status, name, kind, text.text.isEmpty ? standard : text.text)
    }

    /// What to ask relay_recipient_maps; nil when they do not concern the address.
    mutating func memberLookup(of subject: Restriction.Subject) -> Lookup? {
        guard !settings.relayRecipients.isEmpty, let mailbox = mailbox(of: subject) else { return nil }
        switch subject {
        case .client, .reverseClient, .helo:
            return nil
        case .sender:
            guard !hasCheckedSender else { return nil }
            if !warns { hasCheckedSender = true }
        case .recipient:
            guard !hasCheckedRecipient else { return nil }
            if !warns { hasCheckedRecipient = true }
        }
        guard relay.isRelayDomain(of: mailbox) else { return nil }
        let (address, domain) = facts.qualified(mailbox)
        return .member(settings.relayRecipients, keys: AccessKeys.member(address, domain: domain))
    }

    /// What relay_recipient_maps said.
    mutating func unlisted(_ subject: Restriction.Subject, _ answer: LookupAnswer) -> Outcome {
        let name = text(of: subject) ?? ""
        let kind = replyClass(of: subject)
        switch answer {
        case .member(true):
            return .dunno
        case .member(false):
            let code = settings.codes.unknownRelayRecipient
            let status = EnhancedStatus(code / 100, 1, subject == .sender ? 0 : 1)
            return refuse(rejected(code, status, name, kind, "User unknown in relay recipient table"))
        case .access, .reply, .listing, .reason, .domain, .client, .policy, .unavailable, .failed:
            return refuse(Refusal(451, 3, 0, "<\(name)>: Temporary lookup failure"), always: true)
        }
    }
}
