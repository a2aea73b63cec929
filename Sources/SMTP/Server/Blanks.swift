// SPDX-License-Identifier: Apache-2.0

/// What stands between the words of a command: RFC 5321 section 4.1.1 wants one space and bids servers to be generous; Postfix's
/// smtpd_token takes any number of spaces and tabs, also before the verb and at the end of the line.
extension UInt8 {
    /// Whether the byte is a space or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }
}

extension Substring {
    /// The text between the blanks at its two ends.
    var withoutOuterBlanks: Substring {
        guard let first = utf8.firstIndex(where: { !$0.isBlank }), let last = utf8.lastIndex(where: { !$0.isBlank })
        else { return self[endIndex...] }
        return Substring(utf8[first...last])
    }
}
