// SPDX-License-Identifier: Apache-2.0

/// An answer whose records have been read.
package struct Resolved<Record: Sendable & Equatable>: Sendable, Equatable {
    /// Whether there are such records; `found` also where none of them could be read.
    package var existence: Answer.Existence
    /// As the answer's.
    package var security: Answer.Security
    /// The name behind a chain of CNAMEs; nil when that is the name asked for.
    package var canonicalName: DomainName?
    /// The records that could be read.
    package var records: [Record]
    /// How many records could not be read. TLSA records that exist but cannot be read still ask for TLS (RFC 7672
    /// section 2.2), so they are counted.
    package var malformed: Int
    /// Seconds the answer may be kept.
    package var ttl: Int64

    /// An answer that is at hand already: `ttl` in seconds.
    package init(
        existence: Answer.Existence,
        security: Answer.Security = .insecure,
        canonicalName: DomainName? = nil,
        records: [Record] = [],
        malformed: Int = 0,
        ttl: Int64
    ) {
        self.existence = existence
        self.security = security
        self.canonicalName = canonicalName
        self.records = records
        self.malformed = malformed
        self.ttl = ttl
    }

    /// Reads the records of an answer.
    package init(_ answer: Answer, read: ([UInt8]) -> Record?) {
        let records = answer.records.compactMap(read)
        self.init(
            existence: answer.existence,
            security: answer.security,
            canonicalName: answer.canonicalName,
            records: records,
            malformed: answer.records.count - records.count,
            ttl: answer.ttl
        )
    }
}
