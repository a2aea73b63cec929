// SPDX-License-Identifier: Apache-2.0

/// Postfix's parameters that do nothing in a `pool`, each group with the reason.
enum RetiredPoolKeywords {
    static let all: [Keyword<PoolDraft>] =
        proxy + RetiredParameters.meaningless() + unsafe + harmless

    private static let nothing = ["", "no", "none", "0"]

    private static let proxy: [Keyword<PoolDraft>] =
        Keyword.ignored(
            "postscreen_upstream_proxy_protocol",
            "smtpd_upstream_proxy_protocol",
            because: "frontends of this file always send the header; a 'bind' line of the pool says 'accept-proxy'"
        )

    private static let unsafe: [Keyword<PoolDraft>] =
        Keyword.refused(
            "smtpd_restriction_classes",
            "check_*",
            unless: [""],
            because: "it decides who is admitted"
        )
        + Keyword.refused(
            "smtpd_sender_login_maps",
            "smtpd_reject_footer_maps",
            "smtpd_command_filter",
            unless: [""],
            because: "mail would be accepted that you want refused"
        )
        + Keyword.refused(
            "non_smtpd_milters",
            "header_checks",
            "body_checks",
            "mime_header_checks",
            "nested_header_checks",
            unless: [""],
            because: "mail would pass without being filtered"
        )
        + Keyword.refused(
            "smtpd_tls_req_ccert",
            unless: nothing,
            because: "clients would not be asked for a certificate"
        )
        + Keyword.ignored(
            "smtpd_tls_session_cache_database",
            "smtpd_tls_session_cache_timeout",
            "tls_random_*",
            because: "sessions are resumed by tickets, with keys that never leave the process"
        )
        + Keyword.ignored(
            "smtpd_tls_auth_only",
            "smtpd_tls_always_issue_session_ids",
            "smtpd_tls_dh1024_param_file",
            "smtpd_tls_dh512_param_file",
            "smtpd_tls_eecdh_grade",
            "smtpd_tls_CAfile",
            "smtpd_tls_CApath",
            "smtpd_tls_ccert_verifydepth",
            "smtpd_tls_fingerprint_digest",
            "tls_preempt_cipherlist",
            "tls_ssl_options",
            "tls_daemon_random_bytes",
            because: "it has no meaning here"
        )
        + Keyword.unsupported(
            "smtpd_tls_ask_ccert",
            "tls_server_sni_maps",
            "smtpd_tls_*",
            "tls_*",
            so: "encryption works without it"
        )
        + Keyword.refused(
            "recipient_canonical_maps",
            "sender_canonical_maps",
            "canonical_maps",
            "virtual_alias_maps",
            "virtual_alias_domains",
            "virtual_mailbox_domains",
            "always_bcc",
            "sender_bcc_maps",
            "recipient_bcc_maps",
            "masquerade_domains",
            "relocated_maps",
            unless: [""],
            because: "mail would go to other addresses than you want"
        )

    private static let harmless: [Keyword<PoolDraft>] =
        Keyword.unsupported("postscreen_*", so: "screening works without it")
        + Keyword.unsupported("smtpd_sasl_*", "broken_sasl_auth_clients", so: "no client can authenticate")
        + Keyword.unsupported("mydestination", so: "nothing is delivered locally; name domains in relay_domains")
        + Keyword.unsupported(
            "smtpd_client_*",
            "anvil_*",
            "smtpd_per_request_deadline",
            "smtpd_min_data_rate",
            so: "clients are limited by connections and time alone"
        )
        + Keyword.unsupported(
            "smtpd_delay_open_until_valid_rcpt",
            "smtpd_discard_ehlo_*",
            "smtpd_etrn_restrictions",
            "smtpd_noop_commands",
            "smtpd_authorized_*",
            "smtpd_log_access_permit_actions",
            "smtpd_recipient_overshoot_limit",
            "smtpd_history_flush_threshold",
            "strict_*",
            "smtputf8_*",
            "enable_original_recipient",
            "smtpd_forbid_bare_newline_*",
            "smtpd_forbid_unauth_pipelining_*",
            "allow_*",
            "swap_bangpath",
            "resolve_*",
            "address_verify_*",
            "unverified_*",
            "permit_mx_backup_networks",
            "unknown_*",
            "plaintext_reject_code",
            "reject_tempfail_action",
            "parent_domain_matches_subdomains",
            "local_recipient_maps",
            "smtpd_dns_reply_filter",
            "milter_*",
            "mynetworks_style",
            "proxy_interfaces",
            so: "the pool works without it"
        )
}
