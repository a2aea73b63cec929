// SPDX-License-Identifier: Apache-2.0

import Reception

/// The words of `pool` that say who is admitted beyond mynetworks and relay_domains (Postfix: SMTPD_ACCESS_README).
enum RestrictionKeywords {
    static let all: [Keyword<PoolDraft>] = lists + recipients + replies + codes + RateKeywords.all + PolicyKeywords.all

    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )

    private static let lists: [Keyword<PoolDraft>] = [
        list("smtpd_client_restrictions", \.client, bare: .client, "Judges the client by address and name"),
        list("smtpd_helo_restrictions", \.helo, bare: .helo, "Judges the name in HELO and EHLO"),
        list("smtpd_sender_restrictions", \.sender, bare: .sender, "Judges the sender of MAIL"),
        list(
            "smtpd_relay_restrictions",
            \.relay,
            bare: .recipient,
            default: "permit_mynetworks reject_unauth_destination",
            "Says who may send where; judged before smtpd_recipient_restrictions"
        ),
        list("smtpd_recipient_restrictions", \.recipient, bare: .recipient, "Judges each recipient of RCPT"),
        list("smtpd_data_restrictions", \.data, bare: nil, "Judges the message at DATA"),
        list("smtpd_end_of_data_restrictions", \.endOfData, bare: nil, "Judges the message after its final dot"),
        .boolean(
            "smtpd_delay_reject",
            \.settings.restrictions.delaysReject,
            of: standard,
            "Judges client, HELO and sender only at RCPT, so that the log names sender and recipient"
        ),
        .time(
            "smtpd_restriction_time_limit",
            \.settings.restrictions.lookupDeadline,
            of: standard,
            to: 240_000,
            "How long the DNS may hold one command up; what is unknown then is DNS trouble. Policy services have clocks of their own"
        ),
        Keyword(
            "smtpd_forbidden_commands",
            "WORD...",
            default: "CONNECT GET POST",
            "Words of other protocols, which end the session with 221 2.7.0; headers such as 'Host:' do so as well"
        ) { pool, words throws(Finding) in
            pool.settings.forbiddenCommands = []
            for word in try words.list("words such as CONNECT GET POST") {
                guard word.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
                    words.findings.append(
                        Finding(at: word, "\(word.shown) is no word that a client may begin a line with")
                    )
                    continue
                }
                pool.settings.forbiddenCommands.append(word.text.uppercased())
            }
        },
        Keyword(
            "smtpd_peername_lookup",
            "yes | no",
            default: "yes if a restriction needs names, else no",
            "Looks the client's name up before the greeting, and believes it when its addresses contain the client's"
        ) { pool, words throws(Finding) in
            pool.settings.restrictions.looksUpClientName = try words.boolean()
        },
    ]

    private static let recipients: [Keyword<PoolDraft>] = [
        maps(
            "relay_recipient_maps",
            \.relayRecipients,
            .members,
            "The recipients of relay_domains, as user@domain or @domain: others are refused with 550 5.1.1"
        ),
        .boolean(
            "smtpd_reject_unlisted_recipient",
            \.settings.restrictions.rejectsUnlistedRecipient,
            of: standard,
            "Refuses recipients that relay_recipient_maps do not list"
        ),
        .boolean(
            "smtpd_reject_unlisted_sender",
            \.settings.restrictions.rejectsUnlistedSender,
            of: standard,
            "Refuses senders of relay_domains that relay_recipient_maps do not list"
        ),
    ]

    private static let replies: [Keyword<PoolDraft>] = [
        template(
            "default_rbl_reply",
            default: ReplyTemplate.listed.description,
            "The reply to a client or name on a block list; put it in single quotes for its dollars and braces"
        ) { $0.listedReply = $1 ?? ReplyTemplate.listed },
        maps(
            "rbl_reply_maps",
            \.listedReplies,
            .replies,
            "Replies by list, in place of default_rbl_reply: for lists with a key in their names"
        ),
        template(
            "smtpd_reject_footer",
            default: "none",
            "Lines behind each refusal, divided by \\n; \\c at the beginning continues the last line"
        ) { $0.rejectFooter = $1 },
    ]

    private static let codes: [Keyword<PoolDraft>] = [
        code("reject_code", \.reject, "'reject'"),
        code("defer_code", \.defer, "'defer'"),
        code("access_map_reject_code", \.accessReject, "REJECT in access tables"),
        code("access_map_defer_code", \.accessDefer, "DEFER in access tables"),
        code(
            "relay_domains_reject_code",
            \.relay,
            "'reject_unauth_destination'; 'defer_unauth_destination' is 100 less"
        ),
        code("maps_rbl_reject_code", \.listed, "block lists, $rbl_code in default_rbl_reply"),
        code("unknown_client_reject_code", \.unknownClient, "clients without a name"),
        code("unknown_hostname_reject_code", \.unknownHostname, "names in HELO that do not exist"),
        code("unknown_address_reject_code", \.unknownAddress, "domains that do not exist"),
        code("unknown_relay_recipient_reject_code", \.unknownRelayRecipient, "recipients that are not listed"),
        code("invalid_hostname_reject_code", \.invalidHostname, "malformed names in HELO"),
        code("non_fqdn_reject_code", \.nonFQDN, "names that are not fully qualified"),
        code("multi_recipient_bounce_reject_code", \.multiRecipientBounce, "bounces to several recipients"),
    ]

    private static func list(
        _ name: String,
        _ path: any WritableKeyPath<RestrictionSettings, [Restriction]> & Sendable,
        bare subject: Restriction.Subject?,
        default standard: String = "none",
        _ summary: String
    ) -> Keyword<PoolDraft> {
        Keyword(name, "RESTRICTION...", default: standard, summary) { pool, words throws(Finding) in
            let (rules, tables) = try RestrictionNotation.restrictions(&words, bare: subject)
            pool.settings.restrictions[keyPath: path] = rules
            pool.restrictionTables += tables
        }
    }

    private static func maps(
        _ name: String,
        _ path: any WritableKeyPath<RestrictionSettings, [TableName]> & Sendable,
        _ format: TableFormat,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        Keyword(name, "TABLE...", default: "none", summary) { pool, words throws(Finding) in
            pool.settings.restrictions[keyPath: path] = []
            for item in try TableNotation.items(&words, "tables such as hash:/etc/relaybox/\(name)") {
                do throws(Finding) {
                    let table = try TableNotation.table(item, format)
                    pool.settings.restrictions[keyPath: path].append(table.name)
                    pool.restrictionTables.append(table)
                } catch { words.findings.append(error) }
            }
        }
    }

    private static func code(
        _ name: String,
        _ path: any WritableKeyPath<RejectCodes, Int> & Sendable,
        _ what: String
    ) -> Keyword<PoolDraft> {
        Keyword(name, "CODE", default: "\(RejectCodes()[keyPath: path])", "The code for \(what)") {
            pool,
            words throws(Finding) in
            pool.settings.restrictions.codes[keyPath: path] = try words.integer(in: 400...599)
        }
    }

    private static func template(
        _ name: String,
        default standard: String,
        _ summary: String,
        _ set: @escaping @Sendable (inout RestrictionSettings, ReplyTemplate?) -> Void
    ) -> Keyword<PoolDraft> {
        Keyword(name, "TEXT", default: standard, summary) { pool, words throws(Finding) in
            let place = words.peek ?? words.keyword
            let text = words.joined
            guard text.utf8.count <= 500, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw Finding(at: place, "'\(name)' has at most 500 printable ASCII characters")
            }
            _ = words.rest()
            do throws(ReplyTemplate.ParseError) {
                set(&pool.settings.restrictions, text.isEmpty ? nil : try ReplyTemplate(text))
            } catch {
                throw Finding(at: place, error.message)
            }
        }
    }
}
