// SPDX-License-Identifier: Apache-2.0

/// Owns the bounds of what the reader takes in, so that no file can make it slow or large.
package enum ConfigurationLimits {
    /// Bytes of the whole file.
    package static let fileBytes = 4_194_304
    /// Bytes of one line.
    package static let lineBytes = 16_384
    /// Words of one statement, continuation lines included.
    package static let wordsPerStatement = 4_096
    /// Bytes of one word after its variables were replaced.
    package static let wordBytes = 65_536
    /// How deep `$name` may lead to further `$name`s.
    package static let expansionDepth = 8
    /// Sections of a file.
    package static let sections = 2_000
    /// Servers of a backend; as many as HAProxy's roundrobin takes.
    package static let servers = 4_095
    /// Listeners of one section, with all lists and port ranges.
    package static let listeners = 1_000
    /// Diagnostics that are kept; what follows is counted.
    package static let diagnostics = 200
    /// Characters of a source line that a diagnostic shows around its caret.
    package static let excerptCharacters = 160
    /// Characters of a word that a message quotes.
    package static let quotedCharacters = 64
}
