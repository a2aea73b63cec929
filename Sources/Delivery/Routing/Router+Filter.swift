// SPDX-License-Identifier: Apache-2.0

extension Router {
    /// The way of mail that a content filter must see first, wherever its recipients are (Postfix: content_filter).
    package static func route(toFilter text: String) -> Route {
        guard var hop = try? DeliverySettings.NextHop(text: text, port: 25) else {
            return .retry(dsn: "4.3.5", text: "mail transport unavailable: the content filter's address cannot be read")
        }
        hop.kind = .filter
        return .smtp(hop)
    }
}
