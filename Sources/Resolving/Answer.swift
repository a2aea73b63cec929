// SPDX-License-Identifier: Apache-2.0

/// What the DNS says to one question, yes or no; that it says nothing is a `ResolverError`.
package struct Answer: Sendable, Equatable {
    /// Whether there are such records.
    package enum Existence: Sendable, Equatable {
        /// There are records.
        case found
        /// The name exists, with records of other types.
        case noData
        /// There is no such name (NXDOMAIN).
        case noDomain
    }

    /// Whether the answer, a denial too, is proven by signatures up to a trust anchor (RFC 4035 section 4.3).
    package enum Security: Sendable, Equatable {
        /// Proven.
        case secure
        /// Not proven: the zone is not signed, or nobody validates.
        case insecure
    }

    /// Whether there are such records.
    package var existence: Existence
    /// Insecure where nothing validates, too.
    package var security: Security
    /// The name that the records have, behind a chain of CNAMEs; nil when that is the name asked for.
    package var canonicalName: DomainName?
    /// The data of each record, uncompressed, in the order they came; empty unless found.
    package var records: [[UInt8]]
    /// Seconds the answer may be kept; for a denial from the zone's SOA (RFC 2308 section 5).
    package var ttl: Int64

    /// What the library came to.
    package init(
        existence: Existence,
        security: Security = .insecure,
        canonicalName: DomainName? = nil,
        records: [[UInt8]] = [],
        ttl: Int64
    ) {
        self.existence = existence
        self.security = security
        self.canonicalName = canonicalName
        self.records = records
        self.ttl = ttl
    }
}

/// A name and a record type: what is asked, cached and shared.
package struct Question: Sendable, Hashable {
    /// Fully qualified, in lower case.
    package let name: DomainName
    /// The records that are asked for.
    package let type: RecordType

    /// One question; two that are equal share a query.
    package init(_ name: DomainName, _ type: RecordType) {
        self.name = name
        self.type = type
    }
}
