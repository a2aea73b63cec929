// SPDX-License-Identifier: Apache-2.0

package import Resolving

/// What block and allow lists together say of one address: the answers so far, by zone, and what they add up to.
///
/// An answer that is an error of the list (127.255.255.0/24), a failure of the DNS or no answer at all is never a listing.
package struct BlocklistAnswers: Sendable {
    /// What one zone said.
    package enum Answer: Sendable, Equatable {
        case reply(BlocklistReply)
        case failed(ResolverError)
    }

    private var byZone: [DomainName: Answer] = [:]

    package init() {}

    /// What the list of a zone said; nil until it has.
    package subscript(zone: DomainName) -> Answer? {
        get { byZone[zone] }
        set { byZone[zone] = newValue }
    }

    /// Whether a site lists the address.
    package func lists(_ site: BlocklistSite) -> Bool {
        guard case .reply(let reply) = byZone[site.zone] else { return false }
        return site.matches(reply.listings)
    }

    /// The sum of the weights of the sites that match, each once (Postfix: postscreen_dnsbl.c).
    package func score(by sites: [BlocklistSite]) -> BlocklistScore {
        var score = BlocklistScore()
        var heaviest = Int32.min
        for site in sites {
            guard case .reply(let reply) = byZone[site.zone], reply.refusals.isEmpty else {
                score.isComplete = false
                continue
            }
            score.ttl = min(score.ttl, reply.ttl)
            guard site.matches(reply.listings) else { continue }
            score.total += Int(site.weight)
            if site.weight > heaviest {
                heaviest = site.weight
                score.zone = site.zone.text
            }
        }
        return score
    }
}

/// A client's standing with the lists.
package struct BlocklistScore: Sendable, Equatable {
    /// The sum of weights.
    package var total = 0
    /// The zone with the largest single weight; nil: no list has the client.
    package var zone: String?
    /// Seconds until the first answer may change.
    package var ttl = Int64.max / 4
    /// Whether every list has answered.
    package var isComplete = true

    package init() {}
}
