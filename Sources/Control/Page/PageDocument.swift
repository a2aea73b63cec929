// SPDX-License-Identifier: Apache-2.0

/// The whole page around its live part, and the headers that keep it to itself.
package struct PageDocument: Sendable {
    /// The rules of the page: what its title and its links may show.
    package let access: PageAccess
    /// What the page shows.
    package let snapshot: PageSnapshot

    /// Made for each request.
    package init(access: PageAccess, snapshot: PageSnapshot) {
        self.access = access
        self.snapshot = snapshot
    }

    /// - Parameters:
    ///   - live: the part that changes, already HTML.
    ///   - outcome: HAProxy's word for what became of a form that was sent without JavaScript.
    package func answer(live: String, outcome: String?) -> PageAnswer {
        var generator = SystemRandomNumberGenerator()
        // Digits and letters only: it stands in a header and in two attributes.
        let nonce = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        let policy =
            "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src data:; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        return PageAnswer(
            200,
            "text/html; charset=utf-8",
            html(live, outcome.map(words) ?? "", nonce),
            headers: [("Content-Security-Policy", policy), ("X-Frame-Options", "DENY")]
        )
    }

    private func html(_ live: String, _ said: String, _ nonce: String) -> String {
        let settings = access.settings
        let facts = snapshot.info.facts
        let uri = HTMLText.escape(settings.uri)
        let node = HTMLText.escape(settings.node ?? access.hostname)
        let refresh =
            settings.refresh.map { "<noscript><meta http-equiv=\"refresh\" content=\"\($0)\"></noscript>" } ?? ""
        let version = settings.hidesVersion ? "" : " <small>\(HTMLText.escape(facts.version))</small>"
        let about = settings.description.map { "<p class=\"dim\">\(HTMLText.escape($0))</p>" } ?? ""
        let metrics =
            settings.metrics.isEmpty ? "" : "<a href=\"\(HTMLText.escape(metricsPath))\">Metrics for Prometheus</a>"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <title>relaybox on \(node)</title><link rel="icon" href="data:,">\(refresh)
            <style nonce="\(nonce)">
            \(PageStyle.text)
            </style></head><body>
            <a class="skip" href="#live">Skip to the numbers</a>
            <header><h1>relaybox\(version) <small>on \(node)</small></h1>\(about)\
            <p id="said" role="status" aria-live="polite">\(HTMLText.escape(said))</p></header>
            <div id="lost" role="alert" hidden><p id="why"></p></div>
            <main id="live" tabindex="-1" data-uri="\(uri)">\(live)</main>
            <footer><p><a href="\(uri);csv">CSV</a><a href="\(uri);json">JSON</a>\(metrics)<a href="/healthz">Health</a></p>
            \(forTools)</footer>
            <script nonce="\(nonce)">\(PageScript.text)</script>
            </body></html>

            """
    }

    /// Monitoring templates for HAProxy's page look for these words.
    private var forTools: String {
        let facts = snapshot.info.facts
        let uptime = "<b>uptime = </b> \(DurationText.uptime(snapshot.info.uptime))"
        guard !access.settings.hidesVersion else { return "<p>\(uptime)</p>" }
        let version = HTMLText.escape(facts.version)
        let date = HTMLText.escape(facts.releaseDate)
        return "<p>For tools that read HAProxy's page: HAProxy version \(version), released \(date); \(uptime)</p>"
    }

    /// A path that gets metrics, for the link.
    private var metricsPath: String {
        for test in access.settings.metrics.flatMap(\.alternatives).joined().map(\.test) {
            if case .path(let paths) = test, let first = paths.first { return first }
            if case .pathPrefix(let paths) = test, let first = paths.first { return first }
        }
        return "/metrics"
    }

    private func words(_ outcome: String) -> String {
        switch outcome {
        case "DONE": "Done."
        case "PART": "Done for some of the servers only."
        case "NONE": "Nothing was chosen, nothing changed."
        case "ERRP": "Not done: the form asked for something that is not possible."
        case "EXCP": "Not done: no such server."
        default: ""
        }
    }
}
