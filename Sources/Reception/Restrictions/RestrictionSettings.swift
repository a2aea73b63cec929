// SPDX-License-Identifier: Apache-2.0

/// Who is admitted to a pool and what else is refused: Postfix's parameters with Postfix's defaults unless a comment says
/// otherwise.
package struct RestrictionSettings: Sendable, Equatable {
    /// smtpd_client_restrictions and so on; empty: nothing is judged.
    package var client: [Restriction] = []
    /// smtpd_helo_restrictions.
    package var helo: [Restriction] = []
    /// smtpd_sender_restrictions.
    package var sender: [Restriction] = []
    /// smtpd_relay_restrictions. Postfix: defer_unauth_destination, which makes strangers come again for days.
    package var relay: [Restriction] = [.permitMynetworks, .rejectUnauthDestination]
    /// smtpd_recipient_restrictions.
    package var recipient: [Restriction] = []
    /// smtpd_data_restrictions.
    package var data: [Restriction] = []
    /// smtpd_end_of_data_restrictions.
    package var endOfData: [Restriction] = []
    /// smtpd_delay_reject: judges clients, HELO and senders at RCPT, so that the log names sender and recipient.
    package var delaysReject = true
    /// smtpd_reject_unlisted_recipient, smtpd_reject_unlisted_sender: as far as relay_recipient_maps know.
    package var rejectsUnlistedRecipient = true
    /// smtpd_reject_unlisted_sender. Postfix's default, too.
    package var rejectsUnlistedSender = false
    /// relay_recipient_maps: the recipients of relay_domains; empty: all there may be.
    package var relayRecipients: [TableName] = []
    /// smtpd_peername_lookup; nil: only when a restriction needs the client's name. Postfix: yes.
    package var looksUpClientName: Bool?
    /// The codes of refusals.
    package var codes = RejectCodes()
    /// default_rbl_reply.
    package var listedReply = ReplyTemplate.listed
    /// rbl_reply_maps: by zone; the way to keep a key in a zone's name out of replies.
    package var listedReplies: [TableName] = []
    /// smtpd_reject_footer; nil: none.
    package var rejectFooter: ReplyTemplate?
    /// Milliseconds that look-ups may hold one command up; what is not known then counts as DNS trouble.
    package var lookupDeadline = 30_000
    /// smtpd_policy_service_*.
    package var policies = PolicyManner()
    /// The smtpd_client_*_rate_limit parameters.
    package var rates = RateSettings()

    package init() {}

    /// Every list.
    package var lists: [[Restriction]] { [client, helo, sender, relay, recipient, data, endOfData] }

    /// The tables that lists and maps name.
    package var tables: [TableName] { lists.joined().compactMap(\.table) + relayRecipients + listedReplies }

    /// Milliseconds that policy services may take over one command by their own clocks, if each of them needs all tries.
    var policyPatience: Int {
        lists.joined().compactMap(\.policyService).reduce(0) { sum, service in
            let manner = service.manner(in: policies)
            return sum + (manner.timeout * 2 + manner.retryDelay) * (manner.tryLimit + 1)
        }
    }

    /// Whether clients' names are looked up.
    package var needsClientName: Bool {
        looksUpClientName ?? lists.joined().contains(where: \.needsClientName)
    }

    /// Whether the relay policy is all there is to judge.
    var isPlain: Bool {
        let standard = RestrictionSettings()
        return relay == standard.relay && relayRecipients.isEmpty
            && client.isEmpty && helo.isEmpty && sender.isEmpty && recipient.isEmpty && data.isEmpty
            && endOfData.isEmpty
    }
}

/// The codes of refusals (Postfix: *_reject_code).
package struct RejectCodes: Sendable, Equatable {
    /// reject_code, defer_code
    package var reject = 554
    /// defer_code.
    package var `defer` = 450
    /// access_map_reject_code, access_map_defer_code
    package var accessReject = 554
    /// access_map_defer_code.
    package var accessDefer = 450
    /// relay_domains_reject_code
    package var relay = 554
    /// maps_rbl_reject_code
    package var listed = 554
    /// unknown_client_reject_code, unknown_hostname_reject_code, unknown_address_reject_code
    package var unknownClient = 450
    /// unknown_hostname_reject_code.
    package var unknownHostname = 450
    /// unknown_address_reject_code.
    package var unknownAddress = 450
    /// unknown_relay_recipient_reject_code
    package var unknownRelayRecipient = 550
    /// invalid_hostname_reject_code, non_fqdn_reject_code
    package var invalidHostname = 501
    /// non_fqdn_reject_code.
    package var nonFQDN = 504
    /// multi_recipient_bounce_reject_code
    package var multiRecipientBounce = 550

    package init() {}
}
