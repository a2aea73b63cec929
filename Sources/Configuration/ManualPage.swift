// SPDX-License-Identifier: Apache-2.0

/// Owns the manual page of `appliance.conf`, made from the same tables that read the file.
package enum ManualPage {
    /// The page in roff (man(7)), section 5.
    package static func render() -> String {
        var page = Roff()
        page.line(".\\\" Made from the keyword tables; do not edit.")
        page.line(".TH APPLIANCE.CONF 5 \"\" relaybox \"File formats\"")
        page.heading("NAME")
        page.text("appliance.conf - configuration of the SMTP relay appliance relaybox(8)")
        introduction(&page)
        for chapter in Vocabulary.chapters {
            page.heading(chapter.title.uppercased())
            page.text(chapter.introduction)
            for entry in chapter.entries where entry.status == .works { describe(entry, in: chapter, &page) }
        }
        others(&page)
        page.heading("FILES")
        page.line(".TP")
        page.line(".I /etc/relaybox/appliance.conf")
        page.text("The file that the service reads.")
        page.heading("SEE ALSO")
        page.text("relaybox(8)")
        return page.output
    }

    private static func introduction(_ page: inout Roff) {
        page.heading("DESCRIPTION")
        page.text(
            "The file consists of sections: global, defaults, frontend, backend and listen in HAProxy's grammar, pool and"
                + " queue with Postfix's parameters. A section reaches to the next one. A word after # is a comment. All"
                + " errors of a file are reported at once by 'relaybox check'."
        )
        page.subheading("Words")
        page.text(
            "Words are separated by white space. A backslash takes the meaning from the character after it; \\n, \\r, \\t and"
                + " \\xHH stand for characters. Inside double quotes only the backslash and the dollar have a meaning, inside"
                + " single quotes nothing has."
        )
        page.subheading("Variables")
        page.text(
            "${NAME} is the value of an environment variable, ${NAME-default} has a text for the case that it is not set."
                + " Inside double quotes of HAProxy's sections $NAME is one too. In pool and queue $name and $(name) are the"
                + " value of another parameter of the section, and $$ is a dollar."
        )
        page.subheading("Parameters")
        page.text(
            "In pool and queue a line is 'name = value' or 'name value'. The value goes on in lines that are indented deeper"
                + " than its name. When a name is given twice the later line counts."
        )
        page.subheading("Units")
        page.text(
            "A TIME is a number and us, ms, s, m, h, d or w. Without a unit it counts milliseconds in HAProxy's sections and"
                + " seconds in pool and queue, unless its description says otherwise. A number of BYTES may end in k, m or g,"
                + " powers of 1,024."
        )
    }

    private static func describe(_ entry: KeywordEntry, in chapter: Vocabulary.Chapter, _ page: inout Roff) {
        page.term(entry.name, entry.usage)
        page.text(entry.summary + ".")
        var facts: [String] = []
        if !entry.standard.isEmpty { facts.append("Default: \(entry.standard).") }
        if !entry.sections.isEmpty, entry.sections != .proxies {
            facts.append("In: \(entry.sections.names.joined(separator: ", ")).")
        }
        if entry.isSecret { facts.append("Its value is never shown in messages.") }
        if !facts.isEmpty {
            page.line(".br")
            page.text(facts.joined(separator: " "))
        }
    }

    /// The words that are accepted or refused without having an effect, by reason.
    private static func others(_ page: inout Roff) {
        page.heading("OTHER WORDS OF HAPROXY AND POSTFIX")
        page.text(
            "These are known, so that existing configurations can be tried. Those that are passed over give one warning;"
                + " those that cannot be passed over safely are errors. A name that ends in * stands for all that begin so."
        )
        for chapter in Vocabulary.chapters {
            page.subheading(chapter.title)
            for (status, verb) in [
                (KeywordEntry.Status.ignored, "Ignored"), (.unsupported, "Not supported by this version, ignored"),
                (.refused, "Not supported by this version, an error"),
            ] {
                var reasons: [String] = []
                for entry in chapter.entries where entry.status == status && !reasons.contains(entry.summary) {
                    reasons.append(entry.summary)
                }
                for reason in reasons {
                    let names = chapter.entries.filter { $0.status == status && $0.summary == reason }.map(\.name)
                    page.line(".PP")
                    page.text("\(verb) (\(reason)): \(names.joined(separator: ", ")).")
                }
            }
        }
    }
}

/// Owns roff output: macros, and text in which nothing is taken for one.
private struct Roff {
    private(set) var output = ""

    mutating func line(_ line: String) {
        output += line + "\n"
    }

    mutating func heading(_ title: String) { line(".SH \"\(Roff.escaped(title))\"") }

    mutating func subheading(_ title: String) { line(".SS \"\(Roff.escaped(title))\"") }

    mutating func text(_ text: String) { line(Roff.escaped(text)) }

    /// A keyword in bold and its arguments in italics.
    mutating func term(_ name: String, _ usage: String) {
        line(".TP")
        line("\\fB\(Roff.escaped(name))\\fR" + (usage.isEmpty ? "" : " \\fI\(Roff.escaped(usage))\\fR"))
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "\"": escaped += "\\(dq"
            case "'": escaped += "\\(aq"
            default: escaped.append(character)
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
