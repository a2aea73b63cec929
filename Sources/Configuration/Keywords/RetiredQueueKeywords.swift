// SPDX-License-Identifier: Apache-2.0

/// Postfix's parameters that do nothing in the `queue`, each group with the reason.
enum RetiredQueueKeywords {
    static let all: [Keyword<QueueDraft>] =
        RetiredParameters.meaningless()
        + Keyword.refused(
            "sender_dependent_relayhost_maps",
            "sender_dependent_default_transport_maps",
            "default_transport",
            "relay_transport",
            "fallback_relay",
            "fallback_transport",
            unless: ["", "smtp", "relay"],
            because: "mail would go to other hosts than you want"
        )
        + Keyword.refused(
            "smtp_generic_maps",
            "smtp_header_checks",
            "smtp_body_checks",
            "smtp_mime_header_checks",
            unless: [""],
            because: "mail would pass unchanged"
        )
        + Keyword.refused(
            "content_filter",
            unless: [""],
            because: "mail would pass without being filtered; it belongs into the pools whose mail is to be filtered"
        )
        + Keyword.refused(
            "smtp_tls_policy_maps",
            "smtp_tls_per_site",
            unless: ["", "none", "may", "no"],
            because: "one policy holds for all destinations, and mail could travel in clear text"
        )
        + Keyword.refused(
            "smtp_sasl_auth_enable",
            "smtp_sasl_password_maps",
            "smtp_sasl_user",
            unless: ["", "no"],
            because: "the next hop would not know who we are"
        )
        + Keyword.refused("smtp_sasl_password", secret: true, because: "the next hop would not know who we are")
        + Keyword.refused(
            "smtp_bind_address",
            "smtp_bind_address6",
            unless: [""],
            because: "mail would leave from another address than you want"
        )
        + Keyword.ignored(
            "smtp_tls_session_cache_database",
            "smtp_tls_session_cache_timeout",
            "smtp_tls_connection_reuse",
            "smtp_tls_scert_verifydepth",
            "tls_random_*",
            because: "it has no meaning here"
        )
        + Keyword.unsupported("smtp_tls_*", "tls_*", so: "encryption works without it")
        + Keyword.unsupported("smtp_sasl_*", so: "delivery works without it")
        + Keyword.unsupported(
            "notify_classes",
            "bounce_notice_recipient",
            "2bounce_notice_recipient",
            "error_notice_recipient",
            "delay_*",
            "confirm_delay_cleared",
            "bounce_template_file",
            "double_bounce_sender",
            "empty_address_recipient",
            "smtp_*",
            "qmgr_*",
            "default_*",
            "relay_*",
            "ignore_mx_lookup_error",
            "disable_mime_*",
            "best_mx_transport",
            "dsn_filter",
            "address_verify_*",
            "lmtp_*",
            "destination_*",
            "connection_cache_*",
            "smtp_xforward_timeout",
            so: "delivery works without it"
        )
}
