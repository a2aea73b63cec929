// SPDX-License-Identifier: Apache-2.0

import Delivery
import Spooling

/// The words of `queue`: the spool, and Postfix's parameters for its queue and its SMTP client (postconf(5)).
enum QueueKeywords {
    static let table = KeywordTable<QueueDraft>([
        RoutingKeywords.all, names, spool, schedule, limits, times, FilterKeywords.delivery, DeliveryTLSKeywords.all,
        RetiredQueueKeywords.all,
    ])

    private static let standard = QueueDraft()
    /// A hundred days.
    private static let longest = 8_640_000_000

    private static let names: [Keyword<QueueDraft>] = [
        Keyword("myhostname", "NAME", default: "hostname of 'global'", "The name in EHLO, reports and headers") {
            queue,
            words throws(Finding) in
            queue.delivery.hostname = try words.hostName()
        },
        Keyword("syslog_name", "NAME", default: "relaybox", "The first part of the identifier in log lines") {
            queue,
            words throws(Finding) in
            queue.delivery.syslogName = try words.identifier()
        },
    ]

    private static let spool: [Keyword<QueueDraft>] = [
        Keyword("spool", "DIRECTORY", default: standard.spool.directory, "The folder that holds the queue") {
            queue,
            words throws(Finding) in
            let word = try words.next("a folder")
            guard word.text.hasPrefix("/"), word.text.utf8.count <= 1_024 else {
                throw Finding(at: word, "\(word.shown) is not an absolute path")
            }
            queue.spool.directory = word.text
        },
        .size(
            "queue_minfree",
            \.spool.minimumFree,
            of: standard,
            in: 0...1_099_511_627_776,
            "Free bytes of the file system below which nothing new is accepted"
        ),
        .size(
            "spool_inline_limit",
            \.spool.inlineLimit,
            of: standard,
            in: 0...1_048_576,
            "Bodies up to this size lie in the message's row, larger ones in segments"
        ),
        .size(
            "spool_staging_threshold",
            \.spool.stagingThreshold,
            of: standard,
            in: 4_096...1_073_741_824,
            "Bodies above this size are staged to a file of their own while they come in"
        ),
        .size(
            "spool_memory_limit",
            \.spool.memoryBudget,
            of: standard,
            in: 1_048_576...1_099_511_627_776,
            "All bodies in memory together; beyond it they are staged to files"
        ),
        .size(
            "spool_segment_size",
            \.spool.segmentSize,
            of: standard,
            in: 1_048_576...4_294_967_296,
            "The size of one segment file"
        ),
        .number(
            "spool_batch_message_limit",
            \.spool.batchMessages,
            of: standard,
            in: 1...10_000,
            "Messages in one commit"
        ),
        .size(
            "spool_batch_size_limit",
            \.spool.batchBytes,
            of: standard,
            in: 65_536...1_073_741_824,
            "Bytes in one commit"
        ),
        .time(
            "spool_outcome_delay",
            \.spool.outcomeDelay,
            of: standard,
            unit: .milliseconds,
            from: 0,
            to: 1_000,
            "How long the result of a delivery may wait for a commit to ride with"
        ),
        .number(
            "spool_waiting_message_limit",
            \.spool.waitingMessages,
            of: standard,
            in: 1...10_000_000,
            "Commits that may wait; beyond it clients are told to come again"
        ),
        .size(
            "spool_staging_window",
            \.spool.stagingWindow,
            of: standard,
            in: 65_536...1_073_741_824,
            "Bytes of one staged body that may wait for the disk before its session pauses"
        ),
        .number(
            "spool_staged_message_limit",
            \.spool.stagedBodies,
            of: standard,
            in: 1...100_000,
            "Bodies being staged at once; each has an open file"
        ),
        .size(
            "spool_reserve",
            \.spool.reserve,
            of: standard,
            in: 0...1_073_741_824,
            "Bytes kept aside so that queued mail can leave when the disk is full"
        ),
    ]

    private static let schedule: [Keyword<QueueDraft>] = [
        .time("queue_run_delay", \.delivery.queueRunDelay, of: standard, "How often the store is asked for due mail"),
        .time(
            "minimal_backoff_time",
            \.delivery.minimalBackoff,
            of: standard,
            "The first pause after a failed delivery"
        ),
        .time("maximal_backoff_time", \.delivery.maximalBackoff, of: standard, "The longest pause between deliveries"),
        .time(
            "maximal_queue_lifetime",
            \.delivery.lifetime,
            of: standard,
            unit: .days,
            from: 0,
            to: longest,
            "How long mail is tried before it is returned; a number without a unit counts days"
        ),
        .time(
            "bounce_queue_lifetime",
            \.delivery.reportLifetime,
            of: standard,
            unit: .days,
            from: 0,
            to: longest,
            "How long mail from the empty sender is tried; a number without a unit counts days"
        ),
    ]

    private static let limits: [Keyword<QueueDraft>] = [
        .number(
            "smtp_destination_concurrency_limit",
            \.delivery.concurrencyLimit,
            of: standard,
            in: 1...10_000,
            "Connections to one destination at once"
        ),
        Keyword("default_destination_concurrency_limit", "NUMBER", default: "20", "The same, where the other is absent")
        {
            queue,
            words throws(Finding) in
            queue.defaultConcurrency = try words.integer(in: 1...10_000)
        },
        .number(
            "smtp_destination_recipient_limit",
            \.delivery.recipientLimit,
            of: standard,
            in: 1...10_000,
            "Recipients in one transaction"
        ),
        Keyword("default_destination_recipient_limit", "NUMBER", default: "50", "The same, where the other is absent") {
            queue,
            words throws(Finding) in
            queue.defaultRecipients = try words.integer(in: 1...10_000)
        },
        .number(
            "qmgr_message_active_limit",
            \.delivery.activeLimit,
            of: standard,
            in: 1...10_000_000,
            "Messages in memory for delivery"
        ),
        .size(
            "bounce_size_limit",
            \.delivery.bounceSizeLimit,
            of: standard,
            in: 0...104_857_600,
            "How much of the original a report quotes"
        ),
        .number(
            "smtp_line_length_limit",
            \.delivery.lineLengthLimit,
            of: standard,
            in: 0...1_048_576,
            "Bytes of a line, its end not counted; longer ones are broken by CRLF and a blank; 0: none is"
        ),
        .size(
            "smtp_reply_size_limit",
            \.delivery.replySizeLimit,
            of: standard,
            in: 512...16_777_216,
            "All lines of one reply together"
        ),
    ]

    private static let times: [Keyword<QueueDraft>] = [
        .time("smtp_connect_timeout", \.delivery.connectTimeout, of: standard, "How long a connect may take"),
        Keyword(
            "smtp_helo_timeout",
            "TIME",
            default: "5m",
            "How long the greeting may take, and then the reply to EHLO"
        ) {
            queue,
            words throws(Finding) in
            queue.delivery.helloTimeout = try words.time(unit: .seconds, in: 1_000...Quantity.longestTime)
            queue.delivery.greetingTimeout = queue.delivery.helloTimeout
        },
        .time("smtp_mail_timeout", \.delivery.mailTimeout, of: standard, "How long the reply to MAIL may take"),
        .time("smtp_rcpt_timeout", \.delivery.recipientTimeout, of: standard, "How long the reply to RCPT may take"),
        .time(
            "smtp_data_init_timeout",
            \.delivery.dataInitTimeout,
            of: standard,
            "How long the reply to DATA may take"
        ),
        .time(
            "smtp_data_xfer_timeout",
            \.delivery.dataTransferTimeout,
            of: standard,
            "How long the next hop may take no data"
        ),
        .time(
            "smtp_data_done_timeout",
            \.delivery.dataDoneTimeout,
            of: standard,
            "How long the reply to the final dot may take; too short a time makes duplicates"
        ),
        .time("smtp_rset_timeout", \.delivery.resetTimeout, of: standard, "How long the reply to RSET may take"),
        .time("smtp_quit_timeout", \.delivery.quitTimeout, of: standard, "How long the reply to QUIT may take"),
        .time(
            "smtp_connection_reuse_time_limit",
            \.delivery.connectionReuseLimit,
            of: standard,
            from: 0,
            "How long one connection serves message after message"
        ),
        .time(
            "smtp_connection_cache_time_limit",
            \.delivery.connectionIdleTime,
            of: standard,
            from: 0,
            "How long an idle connection is kept for the next message"
        ),
    ]
}
