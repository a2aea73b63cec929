// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The settings every Swift target of the package shares.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")

/// A room of the house: a source target and nothing it may not see.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict)
}

/// The tests of a room, which see it by the same `package` door as its neighbours.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "Support"] + dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "relaybox",
    products: [.executable(name: "relaybox", targets: ["relaybox"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // 1: vocabulary
        room("ProxyProtocol", [nio]),
        room("SMTP", [nio]),
        room("Statistics"),
        room("CommandArguments"),
        room("Expressions"),
        // 2: resources
        room("Files", [nio]),
        room("Spooling", ["SMTP", "Statistics", "CSQLite", nio]),
        room("Systemd", ["Statistics", "CSystemd"]),
        room("Resolving", ["Files", "CUnbound"]),
        room("TLS", [nio, nioTLS, nioSSL]),
        // 3: roles
        room("Balancing", ["ProxyProtocol", "SMTP", "Expressions", "Statistics", "TLS", nio, nioPosix]),
        room(
            "Reception",
            [
                "ProxyProtocol", "SMTP", "Expressions", "Spooling", "Resolving", "Files", "Statistics", "TLS", nio,
                nioPosix,
            ]
        ),
        room("Delivery", ["SMTP", "Spooling", "Resolving", "Files", "Statistics", "TLS", nio, nioPosix]),
        // 4: what operators touch
        room(
            "Control",
            [
                "ProxyProtocol", "SMTP", "Statistics", "Balancing", "Reception", "Delivery", "Spooling", nio, nioPosix,
                nioHTTP,
            ]
        ),
        room(
            "Configuration",
            [
                "ProxyProtocol", "Balancing", "Reception", "Delivery", "Spooling", "Control", "Resolving", "Files",
                "Statistics", "TLS", nio,
            ]
        ),
        room(
            "Subcommands",
            [
                "CommandArguments", "Configuration", "Control", "Balancing", "Spooling", "Statistics", "Systemd",
                "Files",
            ]
        ),
        // 5: the program
        .executableTarget(
            name: "relaybox",
            dependencies: [
                "Subcommands", "Configuration", "Control", "Balancing", "Reception", "Delivery", "Spooling",
                "Resolving", "Systemd", "Files", "Statistics", "CommandArguments", nio, nioPosix,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // tests
        .target(
            name: "Support",
            dependencies: ["SMTP", "Statistics", "Spooling", "Files", nio, nioEmbedded, nioPosix],
            path: "Tests/Support",
            swiftSettings: strict
        ),
        tests(of: "ProxyProtocol", [nio]),
        tests(of: "SMTP", [nio]),
        tests(of: "Statistics"),
        tests(of: "CommandArguments"),
        tests(of: "Expressions"),
        tests(of: "Spooling", ["SMTP", "Statistics", "CSQLite", nio]),
        tests(of: "Systemd", ["Statistics"]),
        tests(of: "Resolving", exclude: ["Fixtures"]),
        tests(of: "Files", [nio, nioEmbedded]),
        tests(of: "TLS", [nio, nioEmbedded, nioPosix]),
        tests(
            of: "Balancing",
            ["ProxyProtocol", "SMTP", "Statistics", "Resolving", "TLS", nio, nioEmbedded, nioPosix]
        ),
        tests(
            of: "Reception",
            [
                "ProxyProtocol", "SMTP", "Spooling", "Statistics", "Resolving", "Files", "TLS", nio, nioEmbedded,
                nioPosix,
            ]
        ),
        tests(
            of: "Delivery",
            ["SMTP", "Spooling", "Statistics", "Resolving", "Files", "TLS", nio, nioEmbedded, nioPosix]
        ),
        tests(
            of: "Control",
            ["ProxyProtocol", "Balancing", "Statistics", "Spooling", "Delivery", nio, nioEmbedded, nioPosix, nioHTTP]
        ),
        tests(
            of: "Configuration",
            ["Balancing", "Reception", "Delivery", "Spooling", "Control", "Statistics"],
            exclude: ["Cases"]
        ),
        tests(of: "Subcommands", ["CommandArguments"]),
    ]
)
