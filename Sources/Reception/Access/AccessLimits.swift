// SPDX-License-Identifier: Apache-2.0

/// Owns the bounds of access tables, so that no file makes them slow or large.
package enum AccessLimits {
    /// Bytes of a table's file.
    package static let fileBytes = 4_194_304
    /// Entries of a table.
    package static let entries = 200_000
    /// Bytes of an entry, continuation lines included.
    package static let entryBytes = 2_048
    /// Bytes of a text that a client is refused with: it has to fit a reply line (RFC 5321 section 4.5.3.1.5).
    package static let textBytes = 400
    /// Parts of all patterns of a table with their repetitions written out; each takes 64 bytes of memory.
    package static let patternInstructions = 100_000
    /// Steps of one look-up in a table of patterns, so that no key holds an event loop up for long.
    package static let patternSteps = 4_000_000
    /// Blocks within blocks in a table of patterns.
    package static let patternDepth = 20
    /// Mistakes that are reported of one file; what follows is not looked at.
    package static let mistakes = 20
}
