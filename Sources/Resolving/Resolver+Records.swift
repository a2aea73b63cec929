// SPDX-License-Identifier: Apache-2.0

extension Resolver {
    /// The completion of a question for records of one kind.
    package typealias Completion<Record: Sendable & Equatable> =
        @Sendable (Result<Resolved<Record>, ResolverError>) -> Void

    /// The exchangers of a domain, best first (RFC 5321 section 5.1). `noData`: fall back to its addresses; `isNullMX`: it
    /// takes no mail; `noDomain`: it does not exist.
    @discardableResult
    package func mailExchangers(
        of domain: String,
        completion: @escaping Completion<MailExchanger>
    ) -> QueryHandle {
        ask(domain, .mx, read: { MailExchanger(data: $0) }) { result in
            completion(
                result.map { found in
                    var found = found
                    found.records.sort { ($0.preference, $0.host.text) < ($1.preference, $1.host.text) }
                    return found
                }
            )
        }
    }

    /// The TXT records of a name.
    @discardableResult
    package func texts(of name: String, completion: @escaping Completion<TextRecord>) -> QueryHandle {
        ask(name, .txt, read: { TextRecord(data: $0) }, completion: completion)
    }

    /// The TLSA records of a name as `_25._tcp.mx.example.org` (RFC 7672); use them only when they are secure.
    @discardableResult
    package func tlsa(of name: String, completion: @escaping Completion<TLSARecord>) -> QueryHandle {
        ask(name, .tlsa, read: { TLSARecord(data: $0) }, completion: completion)
    }

    /// The names of the host at an address, from the host's own table or the DNS. A name proves nothing until its
    /// addresses contain the one asked for.
    @discardableResult
    package func pointer(of address: HostAddress, completion: @escaping Completion<DomainName>) -> QueryHandle {
        if let name = hostsTable().name(of: address) {
            completion(.success(Resolved(existence: .found, records: [name], ttl: ResolverHosts.interval / 1_000)))
            return .done
        }
        guard let name = ReverseName.pointer(to: address) else {
            completion(.failure(.invalidName))
            return .done
        }
        return ask(
            name.text,
            .ptr,
            read: { data in
                var position = 0
                return DomainName(wire: data, at: &position).flatMap { position == data.count ? $0 : nil }
            },
            completion: completion
        )
    }

    /// What a block or allow list says about an address. The reason is in `texts(of: query.name.text)`.
    @discardableResult
    package func listing(
        _ query: BlocklistQuery,
        completion: @escaping @Sendable (Result<BlocklistReply, ResolverError>) -> Void
    ) -> QueryHandle {
        ask(query.name.text, .a, read: { HostAddress(bytes: $0) }) { completion($0.map { BlocklistReply($0) }) }
    }

    func ask<Record>(
        _ name: String,
        _ type: RecordType,
        read: @escaping @Sendable ([UInt8]) -> Record?,
        completion: @escaping Completion<Record>
    ) -> QueryHandle {
        guard let name = DomainName(name) else {
            completion(.failure(.invalidName))
            return .done
        }
        return query(name, type) { completion($0.map { Resolved($0, read: read) }) }
    }
}
