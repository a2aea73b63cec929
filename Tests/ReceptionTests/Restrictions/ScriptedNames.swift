// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving
import Synchronization

/// A DNS in memory: names and what is said of them, at once or when the test says so.
///
///     NAME 127.0.0.2 [TEXT]   a listing    NAME exists | nullmx | malformed | fails    ADDRESS named NAME | forged NAME
///     NAME later ...          the same, but only after `release`
final class ScriptedNames: Sendable {
    private struct State {
        var answers: [String: LookupAnswer] = [:]
        var reasons: [String: String] = [:]
        var late: Set<String> = []
        var waiting: [@Sendable () -> Void] = []
        var asked: [String] = []
    }

    private let state = Mutex(State())

    /// What was asked, in order.
    var asked: [String] { state.withLock { $0.asked } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    func write(_ line: String) {
        var words = line.split(separator: " ").map(String.init)[...]
        let name = words.popFirst() ?? ""
        state.withLock { state in
            if words.first == "later" {
                words = words.dropFirst()
                state.late.insert(name)
            }
            switch words.first {
            case "exists": state.answers[name] = .domain(.exists)
            case "nullmx": state.answers[name] = .domain(.nullMX)
            case "malformed": state.answers[name] = .domain(.malformed)
            case "fails": state.answers[name] = .failed("server failure")
            case "named": state.answers[name] = .client(ClientHost(name: words.last ?? ""))
            case "forged":
                var host = ClientHost(name: words.last ?? "")
                host.status = .forged
                host.warning = "hostname \(words.last ?? "") does not resolve to address \(name)"
                host.name = nil
                state.answers[name] = .client(host)
            case let address?:
                let found = HostAddress(address).map { [$0] } ?? []
                state.answers[name] = .listing(BlocklistReply(Resolved(existence: .found, records: found, ttl: 60)))
                state.reasons[name] = words.count > 1 ? words.dropFirst().joined(separator: " ") : nil
            case nil: break
            }
        }
    }

    /// Every answer that is waiting comes now.
    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for answer in waiting { answer() }
    }

    var lookUp: LookUp {
        { [self] lookup, completion in
            let (answer, isLate) = answer(lookup)
            guard isLate else {
                completion(answer)
                return
            }
            state.withLock { $0.waiting.append { completion(answer) } }
        }
    }

    private func answer(_ lookup: Lookup) -> (LookupAnswer, Bool) {
        state.withLock { state in
            let name: String
            let standard: LookupAnswer
            switch lookup {
            case .listing(let zone):
                name = zone.text
                standard = .listing(BlocklistReply(listings: [], ttl: 60))
            case .reason(let zone):
                state.asked.append("why \(zone.text)")
                return (.reason(state.reasons[zone.text]), false)
            case .mailDomain(let domain), .host(let domain):
                name = domain
                standard = .domain(.absent)
            case .client(let address):
                name = address.description
                standard = .client(ClientHost())
            case .access, .member, .reply, .policy: return (.unavailable, false)
            }
            state.asked.append(name)
            return (state.answers[name] ?? standard, state.late.contains(name))
        }
    }
}
