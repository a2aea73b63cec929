// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// Prints `show sess`: HAProxy's fields up to `lat`, then the phase of the SMTP dialogue, then its tail.
package enum SessionText {
    /// One line, `0x` and the session's number first.
    package static func line(_ row: SessionRow) -> String {
        "0x\(String(row.id, radix: 16)): proto=\(PlainText.word(row.transport)) src=\(PlainText.word(row.source))"
            + " fe=\(PlainText.word(row.frontend)) be=\(name(row.backend, "<NONE>"))"
            + " srv=\(name(row.server, "<none>")) ts=00 epoch=0 age=\(DurationText.short(row.age))"
            + " calls=0 rate=0 cpu=0 lat=0 phase=\(PlainText.word(row.phase)) exp= rc=0 c_exp=\n"
    }

    private static func name(_ text: String, _ missing: String) -> String {
        text.isEmpty || text == "-" ? missing : PlainText.word(text)
    }

    /// The number of a session as `show sess` prints it; nil for anything else.
    package static func identifier(_ text: String) -> UInt64? {
        guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return nil }
        return UInt64(text.dropFirst(2), radix: 16)
    }
}
