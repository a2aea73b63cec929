// SPDX-License-Identifier: Apache-2.0

/// How the spool stores messages and how much it may use.
package struct SpoolSettings: Sendable, Equatable {
    /// The folder that holds the store; made when missing.
    package var directory: String = "/var/lib/relaybox/spool"
    /// Bodies up to this many bytes lie in the message's row.
    package var inlineLimit = 16_384
    /// Bodies above this many bytes are staged to a file of their own while they stream.
    package var stagingThreshold = 1_048_576
    /// Bytes of all bodies held in memory at once, by sessions and by deliveries; beyond it sessions stage to files.
    package var memoryBudget = 134_217_728
    /// Size of one segment file in bytes.
    package var segmentSize = 67_108_864
    /// Messages and bytes in one commit at most.
    package var batchMessages = 256
    /// Bytes of bodies in one commit at most; a larger body is one alone.
    package var batchBytes = 16_777_216
    /// Milliseconds the result of a delivery may wait for a message whose commit it rides with.
    package var outcomeDelay = 1
    /// Commits that may wait for the committer; beyond it they fail as busy.
    package var waitingMessages = 20_000
    /// Bytes of one staged body that may wait for the disk before its session pauses.
    package var stagingWindow = 262_144
    /// Bodies being staged at the same time; each has an open file.
    package var stagedBodies = 1_000
    /// Bytes set aside for finishing queued mail when the disk is full.
    package var reserve = 4_194_304
    /// Free bytes of the file system below which nothing new is accepted (Postfix: queue_minfree).
    package var minimumFree = 16_777_216

    package init() {}
}
