// SPDX-License-Identifier: Apache-2.0

/// Who may see what, and who may change something: the rules of one page, without a socket.
package struct PageAccess: Sendable {
    /// The section's settings: users, administrators, networks.
    package let settings: PageSettings
    /// The process's name for itself: a page that is asked for under it, under an address or as localhost was not smuggled into a
    /// browser under a foreign name.
    package let hostname: String
    /// A random word of this process that only who has read the page knows.
    package let token: String

    /// The rules of one page; the token is the process's, and the same for all pages.
    package init(settings: PageSettings, hostname: String, token: String) {
        self.settings = settings
        self.hostname = hostname
        self.token = token
    }

    /// A visitor as the page treats them.
    package struct Visitor: Sendable, Equatable, Hashable {
        /// Sees addresses, sessions, and reasons with names in them.
        package var seesDetails: Bool
        /// Whether forms are shown to them and taken from them (`stats admin`).
        package var mayChange: Bool
        /// The name given with the password; empty where nobody is asked.
        package var user: String

        /// A visitor as the tests make one; the page's own come from `visitor`.
        package init(seesDetails: Bool, mayChange: Bool, user: String = "") {
            self.seesDetails = seesDetails
            self.mayChange = mayChange
            self.user = user
        }
    }

    /// The visitor behind a request; nil: a password is needed first.
    package func visitor(_ request: PageRequest) -> Visitor? {
        var user = ""
        if !settings.users.isEmpty {
            guard let given = request.authorization.flatMap(PageForm.credentials) else { return nil }
            // why: every user is compared, so that the time does not tell which name exists.
            let fits = settings.users.filter { one in
                let isName = PageForm.isEqual(one.name, given.name)
                return PageForm.isEqual(one.password, given.password) && isName
            }
            guard let first = fits.first else { return nil }
            user = first.name
        }
        let mayChange = settings.administrators.contains { $0.holds(source: request.source, path: request.path) }
        let isHere = PageCondition([[.init(.localhost)]]).holds(source: request.source, path: "")
        return Visitor(
            seesDetails: mayChange || isHere || settings.showsLegends || !settings.users.isEmpty,
            mayChange: mayChange,
            user: user
        )
    }

    /// Why a change is refused; nil: it may be done.
    ///
    /// A browser can be made to send a form from a foreign page. So the request must come from this page (`Origin`,
    /// `Sec-Fetch-Site`), under a name that is really ours (a foreign name may resolve to our address), and know the token.
    package func refusal(_ request: PageRequest, _ visitor: Visitor, fields: [(name: String, value: String)]) -> String?
    {
        guard visitor.mayChange else {
            return "you may look, not change: 'stats admin' of section '\(settings.name)' does not hold for you"
        }
        if let site = request.fetchSite, site != "same-origin", site != "none" {
            return "this came from another site: open the page itself"
        }
        if let origin = request.origin {
            let host = origin.range(of: "://").map { String(origin[$0.upperBound...]) }
            guard let host, host == request.host else { return "this came from another site: open the page itself" }
        }
        if settings.users.isEmpty, let host = request.host, !isOurs(host) {
            return "the page was opened under the foreign name '\(PlainText.line(host))': use an address, localhost or "
                + "'\(hostname)', or ask for a password with 'stats auth'"
        }
        let given = request.token ?? fields.first { $0.name == "token" }?.value ?? ""
        guard PageForm.isEqual(token, given) else {
            return "the form is from an earlier run of the service, or from nowhere: load the page again"
        }
        return nil
    }

    private func isOurs(_ host: String) -> Bool {
        var name = host.lowercased()
        if name.hasPrefix("[") { return true }
        if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
        let isAddress = name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        return isAddress || name == "localhost" || name.hasSuffix(".localhost") || name == hostname.lowercased()
    }
}

extension String {
    /// Where a text stands first.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
