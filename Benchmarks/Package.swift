// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the server never depends on what only measures it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "tandem-benchmarks",
    dependencies: [
        .package(name: "tandem", path: ".."),
        // The same URLs, versions and traits as in ../Package.swift.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // What librabbitmq and libpq do without us, in C.
        .target(name: "CBare", linkerSettings: [.linkedLibrary("rabbitmq"), .linkedLibrary("pq")]),
        // Asterisk's side of FastAGI, and the least that a server can be.
        .target(name: "CAGI"),
        .executableTarget(
            name: "tandem-bench",
            dependencies: [
                "CAGI",
                "CBare",
                .product(name: "TandemCore", package: "tandem"),
                .product(name: "TandemLab", package: "tandem"),
                // Started as it is, beside this program.
                .product(name: "tandem", package: "tandem"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Resources/call.ndjson")],
            swiftSettings: settings
        ),
    ]
)
