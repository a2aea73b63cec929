// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving

/// Owns `smtpd_*_restrictions` lists as text: Postfix's words with what belongs to them.
enum RestrictionNotation {
    /// What a bare table in a list is about; nil where it must be said.
    typealias Standard = Restriction.Subject?

    /// Words without arguments.
    private static let plain: [String: Restriction] = [
        "permit": .permit, "reject": .reject, "defer": .defer, "defer_if_permit": .deferIfPermit,
        "defer_if_reject": .deferIfReject, "warn_if_reject": .warnIfReject, "permit_mynetworks": .permitMynetworks,
        "permit_sasl_authenticated": .permitSASLAuthenticated, "permit_auth_destination": .permitAuthDestination,
        "reject_unauth_destination": .rejectUnauthDestination, "defer_unauth_destination": .deferUnauthDestination,
        "reject_unknown_client_hostname": .rejectUnknownClientHostname,
        "reject_unknown_client": .rejectUnknownClientHostname,
        "reject_unknown_reverse_client_hostname": .rejectUnknownReverseClientHostname,
        "reject_invalid_helo_hostname": .rejectInvalidHelo, "reject_invalid_hostname": .rejectInvalidHelo,
        "reject_unknown_helo_hostname": .rejectUnknownHelo, "reject_unknown_hostname": .rejectUnknownHelo,
        "reject_non_fqdn_helo_hostname": .rejectNonFQDN(.helo), "reject_non_fqdn_hostname": .rejectNonFQDN(.helo),
        "reject_non_fqdn_sender": .rejectNonFQDN(.sender), "reject_non_fqdn_recipient": .rejectNonFQDN(.recipient),
        "reject_unknown_sender_domain": .rejectUnknownDomain(.sender),
        "reject_unknown_address": .rejectUnknownDomain(.sender),
        "reject_unknown_recipient_domain": .rejectUnknownDomain(.recipient),
        "reject_unlisted_sender": .rejectUnlisted(.sender), "reject_unlisted_recipient": .rejectUnlisted(.recipient),
        "check_recipient_maps": .rejectUnlisted(.recipient), "reject_unauth_pipelining": .rejectUnauthPipelining,
        "reject_multi_recipient_bounce": .rejectMultiRecipientBounce,
    ]

    private static let tables: [String: Restriction.Subject] = [
        "check_client_access": .client, "check_reverse_client_hostname_access": .reverseClient,
        "check_helo_access": .helo, "check_sender_access": .sender, "check_recipient_access": .recipient,
    ]

    private static let lists: [String: @Sendable (BlocklistSite) -> Restriction] = [
        "reject_rbl_client": { .rejectListedClient($0) }, "reject_rbl": { .rejectListedClient($0) },
        "permit_dnswl_client": { .permitListedClient($0) },
        "reject_rhsbl_client": { .rejectListedDomain(.client, $0) },
        "reject_rhsbl_reverse_client": { .rejectListedDomain(.reverseClient, $0) },
        "reject_rhsbl_helo": { .rejectListedDomain(.helo, $0) },
        "reject_rhsbl_sender": { .rejectListedDomain(.sender, $0) },
        "reject_rhsbl_recipient": { .rejectListedDomain(.recipient, $0) },
    ]

    /// The words of a list, each with what belongs to it, for the manual.
    static var summary: String {
        let withArguments = tables.keys.map { "\($0) TABLE" } + lists.keys.map { "\($0) LIST" }
        return (plain.keys + withArguments + ["check_policy_service SERVICE"]).sorted().joined(separator: ", ")
    }

    /// The restrictions of a list. What is wrong with one of them takes no other with it.
    static func restrictions(
        _ words: inout Arguments,
        bare standard: Standard
    ) throws(Finding) -> (rules: [Restriction], tables: [AccessNotation.Table]) {
        var rules: [Restriction] = []
        var tables: [AccessNotation.Table] = []
        var items = try TableNotation.items(
            &words,
            "restrictions such as permit_mynetworks, reject_unauth_destination"
        )[...]
        while let item = items.popFirst() {
            do throws(Finding) {
                let name = item.text.lowercased()
                if let last = rules.last, last == .permit || last == .reject || last == .defer,
                    rules.dropLast().last != .warnIfReject
                {
                    words.warn(at: item, "\(item.shown) after '\(last)' is never reached")
                }
                if let rule = plain[name] {
                    rules.append(rule)
                    if rule == .permitSASLAuthenticated {
                        words.warn(at: item, "\(item.shown) permits nobody: no client can authenticate in this version")
                    }
                } else if let subject = RestrictionNotation.tables[name] {
                    let table = try argument(&items, of: item, "a table such as hash:/FILE")
                    tables.append(try TableNotation.table(table, .keys))
                    rules.append(.checkAccess(subject, tables[tables.count - 1].name))
                } else if name == "check_policy_service" {
                    rules.append(.checkPolicyService(try PolicyNotation.service(&items, of: item)))
                } else if let list = lists[name] {
                    rules.append(list(try site(try argument(&items, of: item, "a list such as zen.example.org"))))
                } else if TableNotation.isTable(item) {
                    guard let standard else {
                        throw Finding(at: item, "\(item.shown) needs a word before it, such as 'check_sender_access'")
                    }
                    tables.append(try TableNotation.table(item, .keys))
                    rules.append(.checkAccess(standard, tables[tables.count - 1].name))
                } else {
                    // why: what belongs to a word that is not known is no mistake of its own.
                    if name.hasPrefix("check_"), let next = items.first, TableNotation.isTable(next) {
                        items.removeFirst()
                    }
                    throw unknown(item)
                }
            } catch { words.findings.append(error) }
        }
        return (rules, tables)
    }

    private static func argument(_ items: inout ArraySlice<Word>, of word: Word, _ what: String) throws(Finding) -> Word
    {
        guard let next = items.popFirst() else { throw Finding(at: word, "\(word.shown) needs \(what)") }
        return next
    }

    private static func site(_ word: Word) throws(Finding) -> BlocklistSite {
        guard !word.text.contains("*") else {
            throw Finding(at: word, "\(word.shown) has a weight, which only postscreen_dnsbl_sites knows")
        }
        do throws(BlocklistSite.ParseError) {
            return try BlocklistSite(word.text)
        } catch {
            switch error {
            case .domain(let text): throw Finding(at: word, "\(text.shown) is no domain of a list")
            case .filter(let text):
                throw Finding(at: word, "\(text.shown) is no filter: write it like 127.0.0.2 or 127.0.0.[2..11]")
            case .weight(let text): throw Finding(at: word, "\(text.shown) is no weight")
            }
        }
    }

    private static func unknown(_ word: Word) -> Finding {
        let names = ["check_policy_service"] + plain.keys + tables.keys + lists.keys
        let hint = NearestWord.hint(for: word.text, among: names.sorted())
        return Finding(
            at: word,
            "\(word.shown) is not supported by this version and cannot be ignored: it decides who is admitted\(hint)"
        )
    }
}
