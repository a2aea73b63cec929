// SPDX-License-Identifier: Apache-2.0

/// Postfix's parameters that mean nothing in a process like this, in `pool` and in `queue` alike.
enum RetiredParameters {
    static func meaningless<Target>() -> [Keyword<Target>] {
        Keyword<Target>.ignored(
            "queue_directory", "command_directory", "daemon_directory", "data_directory", "config_directory",
            "mail_spool_directory", "meta_directory", "shlib_directory", "sendmail_path", "newaliases_path", "mailq_path",
            "html_directory", "manpage_directory", "sample_directory", "readme_directory", "process_id_directory",
            "alternate_config_directories", "openssl_path", "maillog_file*",
            because: "there are no such files; 'spool' names the folder of the queue"
        )
            + Keyword<Target>.ignored(
                "mail_owner", "setgid_group", "default_privs", "import_environment", "export_environment",
                "process_name", "max_idle", "max_use", "default_process_limit", "daemon_*", "ipc_*", "trigger_*",
                "application_event_drain_time", "service_*", "stale_lock_time", "fork_*", "opts_*", "in_flow_delay",
                "master_service_disable", "helpful_warnings", "debug_*", "debugger_command", "compatibility_level",
                "multi_instance_*", "authorized_*", "postmulti_*", "proxy_*_maps", "berkeley_db_*", "lmdb_map_size",
                "hash_queue_*", "deliver_lock_*", "mailbox_*", "local_*", "alias_*", "biff", "home_mailbox", "lmtp_*",
                "virtual_*", "error_*", "discard_*", "pipe_*", "cyrus_*", "owner_request_special", "forward_path",
                "luser_relay", "recipient_delimiter", "newaliases_*", "expand_owner_alias", "append_at_myorigin",
                "append_dot_mydomain", "remote_header_rewrite_domain", "myorigin", "mydomain", "mail_name", "mail_version",
                "mail_release_date", "always_add_missing_headers", "undisclosed_recipients_header", "qmqpd_*", "verp_*",
                "default_verp_delimiters", "fast_flush_*", "nis_*", "prepend_delivered_header", "propagate_*", "rewrite_*",
                "message_reject_characters", "message_strip_characters", "syslog_facility", "syslog_*", "tlsproxy_*",
                "tlsmgr_*", "dnsblog_*", "rewriter_*", "transport_retry_time", "backwards_bounce_logfile_compatibility",
                "stress", "info_log_address_format", "enable_long_queue_ids", "unknown_local_recipient_reject_code",
                because: "it has no meaning here"
            )
            + Keyword<Target>.ignored(
                "inet_interfaces", "inet_protocols",
                because: "'bind' lines say which addresses are listened on"
            )
    }
}
