// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// What a condition may ask about a connection (HAProxy configuration manual 7.3); names of tables and lists are places in
/// `BalancerSettings` by now.
package enum Fetch: Sendable, Equatable {
    /// `src`, `dst` and their ports: the peer's before a PROXY header was read, then what the header says.
    case source
    case sourcePort
    case destination
    case destinationPort
    /// `src_is_local`, `dst_is_local`: the address is one of this host's.
    case sourceIsLocal
    case destinationIsLocal
    /// `fc_rcvd_proxy`, `fc_pp_authority`, `fc_pp_unique_id`.
    case receivedProxy
    case authority
    case uniqueID
    /// `always_true`, `always_false`.
    case always(Bool)
    /// `env(NAME)`: its value when the file was read.
    case environment([UInt8])
    /// `wait_end`: the inspection period is over.
    case waitEnd
    /// `req.len`, `req.payload(OFFSET,LENGTH)`; length 0 takes everything that is there.
    case requestLength
    case requestPayload(offset: Int, length: Int)
    /// `fe_conn`, `fe_sess_rate`; nil: the frontend's own.
    case frontendConnections(String?)
    case frontendSessionRate(String?)
    /// `be_conn`, `be_sess_rate`, `nbsrv`, `connslots`, `queue`; nil: the backend's own.
    case backendConnections(String?)
    case backendSessionRate(String?)
    /// `nbsrv`: servers that may take a session, the backup ones where there are only those.
    case usableServers(String?)
    /// `connslots`: connections that its servers can still take.
    case connectionSlots(String?)
    /// `queue`: sessions that wait for a server.
    case queue(String?)
    /// `dst_conn`: connections of this frontend; all of its addresses count together.
    case listenerConnections
    /// `sc0_tracked`.
    case isTracked(Int)
    /// `src_conn_rate(TABLE)`, `sc0_conn_rate` and so on.
    case counter(StickCounter, of: StickReference)
    /// `src_inc_gpc0(TABLE)`, `sc0_inc_gpc0`: counts one more and gives the new value.
    case increment(of: StickReference)

    /// The type of what is given.
    package enum Kind: Sendable, Equatable {
        case address, number, truth, bytes
    }

    /// The type that its answers have: the reader refuses patterns of another one.
    package var kind: Kind {
        switch self {
        case .source, .destination: .address
        case .sourceIsLocal, .destinationIsLocal, .receivedProxy, .always, .waitEnd, .isTracked: .truth
        case .authority, .uniqueID, .environment, .requestPayload: .bytes
        case .sourcePort, .destinationPort, .requestLength, .frontendConnections, .frontendSessionRate,
            .backendConnections, .backendSessionRate, .usableServers, .connectionSlots, .queue, .listenerConnections,
            .counter, .increment:
            .number
        }
    }

    /// Whether what is given says how busy somebody is, so that the answer may be another one later.
    package var isTemporary: Bool {
        switch self {
        case .frontendConnections, .frontendSessionRate, .backendConnections, .backendSessionRate, .usableServers,
            .connectionSlots, .queue, .listenerConnections, .counter, .increment, .isTracked:
            true
        case .source, .sourcePort, .destination, .destinationPort, .sourceIsLocal, .destinationIsLocal,
            .receivedProxy, .authority, .uniqueID, .always, .environment, .waitEnd, .requestLength, .requestPayload:
            false
        }
    }

    /// Whether it looks at what the client has sent.
    package var readsContent: Bool {
        switch self {
        case .requestLength, .requestPayload: true
        case .source, .sourcePort, .destination, .destinationPort, .sourceIsLocal, .destinationIsLocal,
            .receivedProxy, .authority, .uniqueID, .always, .environment, .waitEnd, .frontendConnections,
            .frontendSessionRate, .backendConnections, .backendSessionRate, .usableServers, .connectionSlots, .queue,
            .listenerConnections, .counter, .increment, .isTracked:
            false
        }
    }
}

/// Which entry of which stick table is meant.
package enum StickReference: Sendable, Equatable {
    /// The entry of the client's address, in the table with this place in `BalancerSettings.tables`.
    case source(table: Int)
    /// What `track-scN` tracks; in another table where one is named.
    case tracked(Int, table: Int?)
}

/// What is known of one thing that a condition asks about.
package struct Sample: Sendable, Equatable {
    /// An answer. Numbers are counts, milliseconds or ports, whatever the fetch says.
    package enum Value: Sendable, Equatable {
        case address(IPAddress)
        case number(Int)
        case truth(Bool)
        case bytes([UInt8])
    }

    /// Nil: there is none, so nothing matches.
    package var value: Value?
    /// More of it may come, as long as the client may still send.
    package var mayChange: Bool

    /// An answer, or nil for none; `mayChange` where more of the client's bytes could make it another one.
    package init(_ value: Value?, mayChange: Bool = false) {
        self.value = value
        self.mayChange = mayChange
    }

    /// There is no answer and there will be none.
    package static let none = Sample(nil)
}
