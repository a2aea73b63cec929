// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// The filters of a pool: Postfix's parameters, with Postfix's defaults. All times are milliseconds.
package struct FilterSettings: Sendable, Equatable {
    /// smtpd_milters, in the order in which they see a message; empty: none.
    package var milters: [MilterSettings] = []
    /// How they are dealt with, where they have nothing of their own.
    package var manner = MilterManner()
    /// milter_macro_daemon_name; nil: myhostname.
    package var daemonName: String?
    /// milter_connect_macros and so on, where they differ from Postfix's defaults.
    package var macros: [MilterStage: [String]] = [:]
    /// content_filter: where the pool's mail is delivered to before anything else, as `[host]:port`; nil: none.
    package var contentFilter: String?
    /// smtpd_proxy_filter: who judges a message before the client's final dot is answered; nil: nobody.
    package var proxyFilter: FilterAddress?
    /// smtpd_proxy_timeout: for connecting, and for each reply.
    package var proxyTimeout = 100_000
    /// smtpd_proxy_ehlo; nil: myhostname.
    package var proxyHello: String?
    /// smtpd_authorized_xforward_hosts: filters that may say on whose behalf they bring mail.
    package var forwarders: [AddressRange] = []

    package init() {}

    /// Whether filters have a say before a message is acknowledged.
    var judges: Bool { !milters.isEmpty || proxyFilter != nil }

    /// Whether a message must be held back until filters have seen all of it.
    var needsWholeMessage: Bool { !milters.isEmpty }

    /// The macros at every stage.
    var allMacros: [MilterStage: [String]] { MilterMacros.standard.merging(macros) { $1 } }
}

/// Where a filter listens.
package enum FilterAddress: Sendable, Hashable {
    case ip(host: String, port: Int)
    case unix(path: String)
}
