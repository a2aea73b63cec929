// SPDX-License-Identifier: Apache-2.0

package import SMTP

/// One word of `postscreen_access_list`; the first that knows the client decides.
package enum AccessRule: Sendable, Hashable {
    /// permit_mynetworks
    case permitNetworks
    case permit
    case reject
    /// A CIDR file by its absolute path.
    case table(path: String)
}

/// What happens to a client that `postscreen_access_list` rejects (Postfix: postscreen_denylist_action).
package enum DenylistAction: String, Sendable, Equatable, CaseIterable {
    /// It is logged and served.
    case ignore
    /// It may talk, and every recipient is refused with 550 5.3.2.
    case enforce
    /// It gets 521 5.3.2 in place of the greeting.
    case drop
}

/// What an access list says of a client.
package enum AccessVerdict: Sendable, Equatable {
    case permit
    case reject(AccessRefusal)
    /// Nothing: the rest of the configuration decides.
    case dunno
    /// A table could not be read since the start: nobody knows.
    case unavailable
}

/// The code and the text that a client is refused with.
package struct AccessRefusal: Sendable, Equatable {
    /// 400 to 599.
    package var code: Int
    /// The enhanced status code; its class is the code's.
    package var status: EnhancedStatus
    /// The text behind the client's name in the reply.
    package var text: String

    /// Without arguments: what Postfix says where a list says no more than reject.
    package init(
        _ code: Int = 554,
        _ status: EnhancedStatus = EnhancedStatus(5, 7, 1),
        _ text: String = "Access denied"
    ) {
        self.code = code
        self.status = status
        self.text = text
    }
}
