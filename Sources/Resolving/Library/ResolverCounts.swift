// SPDX-License-Identifier: Apache-2.0

/// What the resolver has done since it started, and what it is doing.
package struct ResolverCounts: Sendable, Equatable {
    /// Queries given to the library.
    package var queries: UInt64 = 0
    /// Questions answered from the cache, and questions that joined a query under way.
    package var hits: UInt64 = 0
    /// Questions that joined a query under way.
    package var joins: UInt64 = 0
    /// Queries that ended in a failure, and askers that waited in vain.
    package var failures: UInt64 = 0
    /// Askers that waited in vain.
    package var timeouts: UInt64 = 0
    /// Questions turned away because too many were waiting.
    package var refusals: UInt64 = 0
    /// Askers waiting now, queries under way now, and answers in the cache.
    package var waiting = 0
    /// Queries under way now.
    package var underWay = 0
    /// Answers in the cache now.
    package var kept = 0

    package init() {}
}
