// SPDX-License-Identifier: Apache-2.0

/// Everything the balancer is told: the `frontend`, `backend` and `listen` sections and its part of `global`.
package struct BalancerSettings: Sendable, Equatable {
    /// `frontend` and `listen` sections in the order of the file; names are unique.
    package var frontends: [FrontendSettings] = []
    /// `backend` and `listen` sections in the order of the file; names are unique.
    package var backends: [BackendSettings] = []
    /// `global maxconn`: connections of all frontends together.
    package var maximumConnections = 20_000
    /// The name in 421 replies and banners.
    package var hostname = "localhost"
    /// `log-tag`: the identifier of the balancer's log lines.
    package var logTag = "relaybox"
    /// The order of proxies in the file, for `iid`: names, a `listen` once.
    package var order: [String] = []
    /// Stick tables and address lists; rules refer to them by their places.
    package var tables: [StickTableSettings] = []
    /// The lists of acls; `Pattern.addresses` refers to them by their places.
    package var addressLists: [AddressListSettings] = []

    package init() {}
}
