// SPDX-License-Identifier: Apache-2.0

/// What the process knows of itself and the stats socket prints: the assembly fills it once, closures measure on demand.
package struct ProcessFacts: Sendable {
    /// The product's name; tools take any name in `show info`.
    package var name = "relaybox"
    /// `major.minor.patch`: tools parse the first two numbers.
    package var version: String
    /// `YYYY/MM/DD`.
    package var releaseDate: String
    /// The process's number.
    package var pid: Int
    /// When the process started, milliseconds since 1970.
    package var startTime: Int64
    /// Event loops.
    package var threads: Int
    /// Limit of open file descriptors.
    package var descriptorLimit: Int
    /// `global maxconn`.
    package var maximumConnections: Int
    /// The node's name, without white space.
    package var node: String
    /// Whether the process drains.
    package var isStopping: @Sendable () -> Bool = { false }
    /// Microseconds of processor time the process has used; nil where nobody measures it.
    package var processorTime: @Sendable () -> Int64? = { nil }
    /// Log lines that were dropped because a sink could not keep up.
    package var droppedLogs: @Sendable () -> Int = { 0 }
    /// Seconds east of UTC at a time in milliseconds since 1970: the zone that dates are printed in.
    package var zoneOffset: @Sendable (Int64) -> Int = { _ in 0 }

    /// What is known at the start; what has to be measured is set afterwards.
    package init(
        version: String,
        releaseDate: String,
        pid: Int,
        startTime: Int64,
        threads: Int,
        descriptorLimit: Int,
        maximumConnections: Int,
        node: String
    ) {
        self.version = version
        self.releaseDate = releaseDate
        self.pid = pid
        self.startTime = startTime
        self.threads = threads
        self.descriptorLimit = descriptorLimit
        self.maximumConnections = maximumConnections
        self.node = node
    }
}
