// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import ProxyProtocol
import Reception
import Resolving
import Spooling
import Statistics
import Support
import Synchronization

/// A session of a pool on an embedded channel, with a spool in memory and a log to read.
final class TestSession {
    struct Unknown: Error {
        var setting: String
    }

    let channel: EmbeddedChannel
    let spool: MemorySpool
    let log: RecordingLog
    let receiver: Receiver
    let arrived: Arrivals
    /// The messages that are to be taken back.
    let withdrawn: Arrivals
    /// The files of access tables: `set file /PATH LINE; LINE`.
    let tables: ScriptedFiles
    /// The DNS that restrictions ask: `set dns NAME ...`.
    let names: ScriptedNames
    private var output = ""

    var loop: EmbeddedEventLoop { channel.embeddedEventLoop }

    /// The messages the pool said had arrived.
    final class Arrivals: Sendable {
        private let ids = Mutex<[QueueID]>([])
        var all: [QueueID] { ids.withLock { $0 } }
        func add(_ id: QueueID) { ids.withLock { $0.append(id) } }
        func add(_ message: QueuedMessage) { ids.withLock { $0.append(message.envelope.id) } }
    }

    init(
        _ settings: [(name: String, value: String)] = [],
        client: String? = "192.0.2.1",
        tables: ScriptedFiles = ScriptedFiles()
    )
        throws
    {
        channel = EmbeddedChannel()
        spool = MemorySpool()
        log = RecordingLog()
        arrived = Arrivals()
        withdrawn = Arrivals()
        names = ScriptedNames()
        self.tables = tables
        var pool = PoolSettings(name: "test")
        pool.hostname = "relay.example.net"
        pool.relayDomains = ["example.net"]
        pool.networks = ["10.0.0.0/8", "127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
        for (name, value) in settings {
            switch name {
            case "file": tables.write(value)
            case "dns": names.write(value)
            default: try TestSession.apply(name, value, to: &pool)
            }
        }
        let (arrived, withdrawn, spool) = (arrived, withdrawn, spool)
        receiver = Receiver(
            settings: pool,
            spool: spool,
            group: channel.embeddedEventLoop,
            log: log,
            now: { 1_795_554_678_000 },
            tables: tables.files,
            lookUp: names.lookUp,
            withdraw: { ids in
                for id in ids { withdrawn.add(id) }
                return try spool.change(ids, .delete)
            },
            arrived: { arrived.add($0) }
        )
        try enter(client)
    }

    /// Another session of the same pool.
    init(beside other: TestSession, client: String? = "192.0.2.1") throws {
        channel = EmbeddedChannel(loop: other.loop)
        spool = other.spool
        log = other.log
        receiver = other.receiver
        arrived = other.arrived
        withdrawn = other.withdrawn
        tables = other.tables
        names = other.names
        try enter(client)
    }

    private func enter(_ client: String?) throws {
        try channel.connect(to: SocketAddress(ipAddress: "203.0.113.9", port: 25)).wait()
        var header = ProxyHeader(command: .local)
        if let client {
            header = ProxyHeader(
                command: .proxy,
                source: try SocketAddress(ipAddress: client, port: 4_242),
                destination: try SocketAddress(ipAddress: client.contains(":") ? "::2" : "192.0.2.25", port: 25)
            )
        }
        var bytes = ByteBuffer()
        ProxyHeaderEncoder(version: .v2).encode(header, into: &bytes)
        receiver.receive(channel, header: bytes)
    }

    func send(_ bytes: [UInt8], chunk: Int = .max) throws {
        var rest = bytes[...]
        while !rest.isEmpty, channel.isActive {
            try channel.writeInbound(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// The last line of the next reply; empty when there is none. Delayed replies are waited for.
    func nextReply() throws -> String {
        for _ in 0..<3 {
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) { output += String(buffer: bytes) }
            while let end = output.firstRange(of: "\r\n") {
                let line = String(output[..<end.lowerBound])
                output = String(output[end.upperBound...])
                if line.dropFirst(3).first != "-" { return line }
            }
            loop.advanceTime(by: .milliseconds(1_100))
        }
        return ""
    }

    func finish() throws {
        channel.close(promise: nil)
        // why: an encrypted connection waits a moment for the client to agree.
        if channel.isActive { loop.advanceTime(by: .seconds(3)) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private static func apply(_ name: String, _ value: String, to pool: inout PoolSettings) throws {
        switch name {
        case "message_size_limit": pool.messageSizeLimit = Int(value) ?? 0
        case "smtpd_recipient_limit": pool.recipientLimit = Int(value) ?? 0
        case "smtpd_hard_error_limit": pool.hardErrorLimit = Int(value) ?? 0
        case "smtpd_helo_required": pool.heloRequired = value == "yes"
        case "disable_vrfy_command": pool.disablesVerify = value == "yes"
        case "smtpd_forbid_bare_newline": pool.bareNewline = value == "reject" ? .reject : .normalize
        case "hopcount_limit": pool.hopcountLimit = Int(value) ?? 0
        case "smtpd_junk_command_limit": pool.junkCommandLimit = Int(value) ?? 0
        case "line_length_limit": pool.lineLengthLimit = Int(value) ?? 0
        case "postscreen_access_list": pool.accessList = try rules(value)
        case "smtpd_forbid_unauth_pipelining": pool.forbidsUnauthorisedPipelining = value == "yes"
        case "mynetworks": pool.networks = value.split(separator: " ").compactMap { AddressRange(String($0)) }
        case "postscreen_denylist_action":
            guard let action = DenylistAction(rawValue: value) else { throw Unknown(setting: value) }
            pool.denylistAction = action
        case _ where name.hasPrefix("postscreen_"): try screen(name, value, &pool.screening)
        case "smtpd_tls_security_level": pool.tls.level = value == "encrypt" ? .encrypt : .may
        case "smtpd_tls_wrappermode": pool.tls.isWrapped = value == "yes"
        case "smtpd_tls_chain_files": pool.tls.files = value.split(separator: " ").map(String.init)
        case "smtpd_tls_loglevel": pool.tls.logLevel = Int(value) ?? 0
        case "smtpd_tls_received_header": pool.tls.isInReceivedHeader = value == "yes"
        case "smtpd_starttls_timeout": pool.tls.handshakeTimeout = Int(value) ?? 0
        default: try apply(name, value, to: &pool.restrictions)
        }
    }

    private static func screen(_ name: String, _ value: String, _ screening: inout ScreeningSettings) throws {
        screening.isEnabled = true
        let action = ScreeningAction(rawValue: value)
        switch name {
        case "postscreen_greet_wait": screening.greetWait = StressTime(normal: (Int(value) ?? 0) * 1_000, stress: 1_000)
        case "postscreen_greet_action": screening.greetAction = action ?? .ignore
        case "postscreen_pipelining_action":
            screening.pipelining = ScreeningSettings.DeepTest(isEnabled: true, action: action ?? .ignore)
        case "postscreen_non_smtp_command_action":
            screening.nonSMTPCommand = ScreeningSettings.DeepTest(isEnabled: true, action: action ?? .ignore)
        case "postscreen_bare_newline_action":
            screening.bareNewline = ScreeningSettings.DeepTest(isEnabled: true, action: action ?? .ignore)
        case "postscreen_dnsbl_sites":
            screening.blocklistSites = try value.split(separator: " ").map { try BlocklistSite(String($0)) }
        case "postscreen_pre_queue_limit": screening.preQueueLimit = Int(value) ?? 0
        case "postscreen_client_connection_count_limit": screening.clientConnectionLimit = Int(value)
        case "postscreen_command_count_limit": screening.commandLimit = Int(value) ?? 0
        case "postscreen_command_time_limit":
            screening.commandTime = StressTime(normal: (Int(value) ?? 0) * 1_000, stress: 1_000)
        default: throw Unknown(setting: name)
        }
    }

    private static func apply(_ name: String, _ value: String, to settings: inout RestrictionSettings) throws {
        switch name {
        case "smtpd_client_restrictions": settings.client = try RestrictionText.list(value, bare: .client)
        case "smtpd_helo_restrictions": settings.helo = try RestrictionText.list(value, bare: .helo)
        case "smtpd_sender_restrictions": settings.sender = try RestrictionText.list(value, bare: .sender)
        case "smtpd_relay_restrictions": settings.relay = try RestrictionText.list(value, bare: .recipient)
        case "smtpd_recipient_restrictions": settings.recipient = try RestrictionText.list(value, bare: .recipient)
        case "smtpd_data_restrictions": settings.data = try RestrictionText.list(value)
        case "smtpd_end_of_data_restrictions": settings.endOfData = try RestrictionText.list(value)
        case "smtpd_delay_reject": settings.delaysReject = value == "yes"
        case "smtpd_peername_lookup": settings.looksUpClientName = value == "yes"
        case "relay_recipient_maps": settings.relayRecipients = [RestrictionText.table(value, .members)]
        case "smtpd_reject_unlisted_recipient": settings.rejectsUnlistedRecipient = value == "yes"
        case "smtpd_reject_unlisted_sender": settings.rejectsUnlistedSender = value == "yes"
        case "smtpd_reject_footer": settings.rejectFooter = try ReplyTemplate(value)
        case "rbl_reply_maps": settings.listedReplies = [RestrictionText.table(value, .replies)]
        case "default_rbl_reply": settings.listedReply = try ReplyTemplate(value)
        case "smtpd_client_connection_rate_limit": settings.rates.connections = Int(value) ?? 0
        case "smtpd_client_message_rate_limit": settings.rates.messages = Int(value) ?? 0
        case "smtpd_client_recipient_rate_limit": settings.rates.recipients = Int(value) ?? 0
        case "smtpd_client_new_tls_session_rate_limit": settings.rates.tlsSessions = Int(value) ?? 0
        default: throw Unknown(setting: name)
        }
    }

    private static func rules(_ text: String) throws -> [AccessRule] {
        try text.split(separator: " ").map { word in
            switch word {
            case "permit_mynetworks": .permitNetworks
            case "permit": .permit
            case "reject": .reject
            case _ where word.hasPrefix("cidr:"): .table(path: String(word.dropFirst(5)))
            default: throw Unknown(setting: String(word))
            }
        }
    }
}
