// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving

/// Restriction lists as tests write them: Postfix's words, tables as `hash:/FILE`, `cidr:/FILE` or `pcre:/FILE`.
enum RestrictionText {
    struct Unknown: Error {
        var word: String
    }

    private static let plain: [Restriction] = [
        .permit, .reject, .defer, .deferIfPermit, .deferIfReject, .warnIfReject, .permitMynetworks,
        .permitSASLAuthenticated, .permitAuthDestination, .rejectUnauthDestination, .deferUnauthDestination,
        .rejectUnknownClientHostname, .rejectUnknownReverseClientHostname, .rejectInvalidHelo, .rejectUnknownHelo,
        .rejectNonFQDN(.helo), .rejectNonFQDN(.sender), .rejectNonFQDN(.recipient), .rejectUnknownDomain(.sender),
        .rejectUnknownDomain(.recipient), .rejectUnlisted(.sender), .rejectUnlisted(.recipient),
        .rejectUnauthPipelining, .rejectMultiRecipientBounce,
    ]

    static func list(_ text: String, bare subject: Restriction.Subject? = nil) throws -> [Restriction] {
        var words = text.split(separator: " ").map(String.init)[...]
        var list: [Restriction] = []
        while let word = words.popFirst() {
            if let rule = plain.first(where: { $0.description == word }) {
                list.append(rule)
            } else if let subject, word.contains(":") {
                list.append(.checkAccess(subject, table(word)))
            } else if let argument = words.popFirst() {
                list.append(try rule(word, argument))
            } else {
                throw Unknown(word: word)
            }
        }
        return list
    }

    static func table(_ word: String, _ format: TableFormat = .keys) -> TableName {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        let patterns = TableFormat.patterns(parts[0], inPlaceOf: format)
        return TableName(type: parts[0], path: parts[1], format: parts[0] == "cidr" ? .networks : patterns ?? format)
    }

    private static func rule(_ word: String, _ argument: String) throws -> Restriction {
        if let subject = Restriction.Subject.allCases.first(where: { word == "check_\($0.rawValue)_access" }) {
            return .checkAccess(subject, table(argument))
        }
        if let subject = Restriction.Subject.allCases.first(where: { word == "reject_rhsbl_\($0.rawValue)" }) {
            return .rejectListedDomain(subject, try BlocklistSite(argument))
        }
        switch word {
        case "reject_rbl_client": return .rejectListedClient(try BlocklistSite(argument))
        case "permit_dnswl_client": return .permitListedClient(try BlocklistSite(argument))
        default: throw Unknown(word: word)
        }
    }
}
