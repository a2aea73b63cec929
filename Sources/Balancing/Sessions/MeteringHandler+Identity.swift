// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Who the client is, for the header that the server gets.
extension MeteringHandler {
    /// - Parameter header: what a trusted proxy said; nil where none stands before the listener.
    func identity(_ header: ProxyHeader?, source: SocketAddress?, destination: SocketAddress?) -> ProxyHeader {
        guard let header else { return ProxyHeader(command: .proxy, source: source, destination: destination) }
        // Nobody is identified, and nobody must look identified further on.
        guard header.source != nil else { return ProxyHeader(command: header.command) }
        return ProxyHeader(command: .proxy, source: source, destination: destination, values: header.passedValues)
    }

    /// The id of this session in the header to a server, once a server is asked for it.
    func uniqueID(_ identity: ProxyHeader) -> [UInt8] {
        let given = identity.value(ProxyHeader.uniqueIDType)
        let number = session?.id ?? 0
        guard let format = plan.settings.uniqueIDFormat else { return given ?? number.bigEndianBytes }
        return format.id(
            UniqueIDFormat.Facts(
                client: identity.source,
                frontend: identity.destination,
                acceptedAt: acceptedAt,
                number: number,
                process: switchboard.environment.process,
                hostname: switchboard.environment.hostname,
                frontendName: frontend.name,
                given: given ?? []
            )
        )
    }
}
