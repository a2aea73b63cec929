// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Resolving

/// The DNS as restrictions ask it.
extension Resolver {
    /// Bytes of a listing's reason (Postfix: RBL_TXT_LIMIT).
    private static let reasonLimit = 500

    var lookUp: LookUp {
        { [self] lookup, answer in
            switch lookup {
            case .listing(let name): listing(name, answer)
            case .reason(let name): reason(name, answer)
            case .mailDomain(let name): mailDomain(name, answer)
            case .host(let name): host(name, answer)
            case .client(let address): client(address, answer)
            case .access, .member, .reply, .policy: answer(.unavailable)
            }
        }
    }

    private func listing(_ name: DomainName, _ answer: @escaping @Sendable (LookupAnswer) -> Void) {
        query(name, .a) { result in
            switch result {
            case .success(let found):
                answer(.listing(BlocklistReply(Resolved(found, read: { HostAddress(bytes: $0) }))))
            case .failure(let error): answer(.failed("\(error)"))
            }
        }
    }

    private func reason(_ name: DomainName, _ answer: @escaping @Sendable (LookupAnswer) -> Void) {
        texts(of: name.text) { result in
            switch result {
            case .success(let found):
                let text = found.records.map(\.printable).joined(separator: " / ")
                answer(
                    .reason(
                        text.isEmpty ? nil : String(decoding: text.utf8.prefix(Resolver.reasonLimit), as: UTF8.self)
                    )
                )
            case .failure: answer(.reason(nil))
            }
        }
    }

    /// MX, else addresses.
    private func mailDomain(_ name: String, _ answer: @escaping @Sendable (LookupAnswer) -> Void) {
        mailExchangers(of: name) { [self] result in
            switch result {
            case .success(let found) where found.isNullMX: answer(.domain(.nullMX))
            case .success(let found) where !found.records.isEmpty: answer(.domain(.exists))
            case .success(let found) where found.existence == .noDomain: answer(.domain(.absent))
            case .success(let found):
                let isMalformed = found.malformed > 0
                addresses(of: name) { answer(Resolver.domain($0, otherwise: isMalformed ? .malformed : .absent)) }
            case .failure(.invalidName): answer(.domain(.absent))
            case .failure(let error):
                // why: an address is enough to send mail to, whatever became of the MX.
                addresses(of: name) { addresses in
                    if case .success(let found) = addresses, !found.records.isEmpty {
                        answer(.domain(.exists))
                    } else {
                        answer(.failed("\(error)"))
                    }
                }
            }
        }
    }

    /// Addresses, else MX.
    private func host(_ name: String, _ answer: @escaping @Sendable (LookupAnswer) -> Void) {
        addresses(of: name) { [self] result in
            switch result {
            case .success(let found) where !found.records.isEmpty: answer(.domain(.exists))
            case .success(let found) where found.existence == .noDomain: answer(.domain(.absent))
            case .success(let found):
                let isMalformed = found.malformed > 0
                mailExchangers(of: name) { answer(Resolver.domain($0, otherwise: isMalformed ? .malformed : .absent)) }
            case .failure(.invalidName): answer(.domain(.absent))
            case .failure(let error):
                mailExchangers(of: name) { exchangers in
                    if case .success(let found) = exchangers, !found.records.isEmpty {
                        answer(.domain(.exists))
                    } else {
                        answer(.failed("\(error)"))
                    }
                }
            }
        }
    }

    private static func domain<Record>(
        _ result: Result<Resolved<Record>, ResolverError>,
        otherwise state: DomainState
    ) -> LookupAnswer {
        switch result {
        case .success(let found) where !found.records.isEmpty: .domain(.exists)
        case .success: .domain(state)
        case .failure(.invalidName): .domain(.absent)
        case .failure(let error): .failed("\(error)")
        }
    }

    /// The name at an address, and whether its addresses contain that one (Postfix: smtpd_peer).
    private func client(_ address: IPAddress, _ answer: @escaping @Sendable (LookupAnswer) -> Void) {
        let wanted = HostAddress(high: address.high, low: address.low)
        pointer(of: wanted) { [self] result in
            switch result {
            case .success(let found):
                guard let name = found.records.first?.text, HostName.isValid(name) else {
                    answer(.client(ClientHost()))
                    return
                }
                addresses(of: name, family: wanted.ipv4 == nil ? .ipv6 : .ipv4) { addresses in
                    answer(.client(Resolver.confirmed(name, wanted, addresses)))
                }
            case .failure(.invalidName):
                answer(.client(ClientHost()))
            case .failure:
                var host = ClientHost()
                host.status = .trouble
                host.reverseStatus = .trouble
                answer(.client(host))
            }
        }
    }

    private static func confirmed(
        _ name: String,
        _ wanted: HostAddress,
        _ addresses: Result<Resolved<HostAddress>, ResolverError>
    ) -> ClientHost {
        var host = ClientHost(name: name)
        switch addresses {
        case .success(let found) where found.records.contains(wanted):
            return host
        case .success(let found):
            host.status = .forged
            host.warning =
                "hostname \(name) does not resolve to address \(wanted)\(found.records.isEmpty ? ": No address" : "")"
        case .failure(let error):
            host.status = .trouble
            host.warning = "hostname \(name) does not resolve to address \(wanted): \(error)"
        }
        host.name = nil
        return host
    }
}
