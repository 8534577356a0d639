// swift-tools-version: 6.2
import PackageDescription

// Every target of ours is built with these: Swift 6 mode, warnings are errors, and an import is
// internal unless it says `public import`, so that a target's public face shows what it rests on.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")

/// What every feature that follows calls stands on.
let feature: [Target.Dependency] = [
    "Core", "Access", "Telephony", "Directory", "Events", "Persistence", "CallControl", "API", logging, metrics,
    lifecycle,
]
/// What the tests of such a feature stand on, those of its routes included.
let featureTests: [Target.Dependency] = [
    "TandemTesting", "API", "Access", "CallControl", "Core", "Directory", "Events", "Persistence", "Telephony",
    hummingbird, httpTypes, logging, .product(name: "HummingbirdTesting", package: "hummingbird"),
]

/// A library target of ours.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a target: `<name>Tests`.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: settings
    )
}

let package = Package(
    name: "tandem",
    products: [
        // For the package in Benchmarks/ alone, which sees public declarations only.
        .library(
            name: "TandemCore",
            targets: [
                "Core", "Access", "Telephony", "Events", "Persistence", "CallControl", "API", "Switchboards", "ARI",
                "Bus", "Postgres", "PostgresPersistence", "FastAGI", "Identity", "ServiceClient", "TandemTesting",
                "Directory", "Agid", "PostgresDirectory", "PrometheusMetrics", "Processes", "Voicemails",
            ]
        ),
        .library(name: "TandemLab", targets: ["TandemLab"]),
        .executable(name: "tandem", targets: ["tandem"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // MARK: Foundations that know nothing of Tandem
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .target(
            name: "CPhoneNumber",
            // C++ of the toolchain has warnings of its own in the library's headers.
            linkerSettings: [.linkedLibrary("phonenumber")]
        ),
        .systemLibrary(name: "CProcesses"),
        module("Processes", ["CProcesses", nioPosix]),
        module("FastAGI", [nioCore, nioPosix, logging, metrics, lifecycle]),
        module("Postgres", ["CLibPQ", nioPosix, logging, metrics, lifecycle]),

        module("PrometheusMetrics", [metrics]),

        module(
            "ServiceClient",
            [
                "Core", nioCore, nioHTTP1, asyncHTTPClient, logging,
            ]
        ),

        // MARK: Ports and values, no I/O
        module("Core", [deque]),
        module("Access", ["Core"]),
        module("Telephony", ["Core"]),
        module("Directory", ["Core", logging]),
        module("Events", ["Core"]),
        module("Persistence", ["Core", "Events", lifecycle, logging, metrics]),

        // MARK: What features share
        module(
            "CallControl",
            ["Core", "Telephony", "Events", "Persistence", logging, metrics, lifecycle]
        ),
        module(
            "API",
            [
                "Core", "Access", "Persistence", hummingbird, hummingbirdCore, hummingbirdTLS, httpTypes, nioCore,
                nioHTTP1, nioPosix, nioSSL, logging, metrics, lifecycle, yams,
            ]
        ),

        // Fields and checks that requests of several features share: numbers, contexts, variables.
        module("CallRequests", ["Core", "API", "Directory", "Telephony"]),

        // MARK: Features
        module("Switchboards", feature + ["CallRequests", deque]),
        module("Transfers", feature + ["CallRequests"]),
        module(
            "Recordings",
            [
                "Core", "Access", "Telephony", "Events", "Persistence", "CallControl", "API", logging, lifecycle,
            ]
        ),
        module(
            "ParkingLots",
            [
                "Core", "Access", "Telephony", "Directory", "Events", "CallControl", "API", logging, lifecycle,
            ]
        ),
        // The bus's events over HTTP.
        module(
            "EventStream",
            [
                "Core", "Access", "Events", "Persistence", "API", deque, nioCore, logging, metrics, lifecycle,
            ]
        ),
        module("Relocates", feature + ["CallRequests"]),
        module("AdhocConferences", feature),
        module("Applications", feature + ["CallRequests"]),
        module("Calls", feature + ["CallRequests", nioCore]),
        module("Faxes", feature + ["CallRequests", "Processes", nioCore, nioPosix]),
        module("Voicemails", feature + ["Processes", nioCore, nioPosix]),
        module("Agid", ["Core", "Directory", "Telephony", "FastAGI", logging]),
        module("AsteriskConfiguration", ["Core", "Postgres", logging]),

        // MARK: Adapters
        module(
            "ARI",
            [
                "Core", "Events", "Telephony", nioCore, nioPosix, logging, metrics, lifecycle,
                asyncHTTPClient,
                nioHTTP1,
                nioFoundation,
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]
        ),
        module("AMI", ["Core", "Telephony", nioCore, nioPosix, crypto, logging, metrics, lifecycle]),
        module("Amid", ["Core", "Telephony", "ServiceClient", logging, metrics]),
        module("PhoneNumbers", ["CPhoneNumber", "Directory"]),
        module("PostgresDirectory", ["Core", "Directory", "Postgres", logging]),
        module("ConfdDirectory", ["Core", "Directory", "ServiceClient", logging]),
        .target(
            name: "PostgresPersistence",
            dependencies: ["Core", "Access", "Events", "Persistence", "Postgres"],
            // A link to sql/migrations: the files there are the only source, and the binary needs no other.
            resources: [.embedInCode("Migrations")],
            swiftSettings: settings
        ),
        module("Bus", ["Core", "Events", "CRabbitMQ", logging, metrics, lifecycle]),
        module("Identity", ["Core", "Access", "ServiceClient", crypto, logging, lifecycle]),

        module(
            "SiblingServices",
            ["Core", "Events", "Telephony", "ServiceClient", nioCore, logging, lifecycle]
        ),

        // MARK: The server
        .executableTarget(
            name: "tandem",
            dependencies: [
                "Core", "Access", "Telephony", "Directory", "Events", "Persistence", "CallControl", "API",
                "CallRequests", "Switchboards", "Transfers", "Relocates", "AdhocConferences", "Applications", "Calls",
                "EventStream",
                "Recordings", "ParkingLots", "Faxes", "Voicemails", "Processes", "Agid", "FastAGI", "ARI", "Postgres",
                "PostgresDirectory",
                "PostgresPersistence", "Bus", "Identity", "ServiceClient", "AMI", "Amid", "ConfdDirectory",
                "PhoneNumbers", "PrometheusMetrics", "SiblingServices", "AsteriskConfiguration",
                hummingbird, lifecycle, logging, metrics, nioCore,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                yams,
            ],
            swiftSettings: settings
        ),

        // MARK: The lab: real SIP calls, seen from outside the server
        module(
            "TandemLab",
            [
                "ARI", "Core", "Events", "Bus", "Postgres", nioCore, nioPosix, logging, asyncHTTPClient, nioHTTP1,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ]
        ),
        // An example of docs/applications.md; it needs nothing of ours.
        .executableTarget(name: "example-announcement", path: "examples/announcement"),
        .executableTarget(
            name: "first-call",
            dependencies: [
                "Core", "Events", "Bus", "TandemLab",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),

        // MARK: Tests
        .target(
            name: "TandemTesting",
            dependencies: [
                "Core", "Access", "Telephony", "Directory", "Events", "Persistence", logging, nioCore, nioPosix,
                nioHTTP1,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        tests(of: "Core", ["TandemTesting"]),
        tests(
            of: "tandem",
            [
                "API", "ARI", "Access", "CallControl", "Core", "FastAGI", "Identity", "Postgres", "ServiceClient",
                "TandemLab", "TandemTesting", "Telephony", nioCore, nioPosix, lifecycle, logging,
            ]
        ),
        tests(of: "Telephony", ["TandemTesting", "Core"]),
        tests(of: "CallRequests", ["TandemTesting", "API", "Core", "Directory", "Telephony"]),
        tests(of: "Access", ["TandemTesting"]),
        tests(of: "Events", ["Core"]),
        tests(of: "Persistence", ["TandemTesting", "Core", "Events", logging]),
        tests(of: "ServiceClient", ["TandemTesting", "Core", logging]),
        tests(of: "PhoneNumbers", ["Directory"]),
        tests(of: "PrometheusMetrics", [metrics]),
        tests(
            of: "SiblingServices",
            ["TandemLab", "TandemTesting", "Core", "Events", "Telephony", "ServiceClient", logging, lifecycle]
        ),
        tests(of: "Directory", ["TandemTesting", "Core", logging]),
        tests(of: "FastAGI", ["TandemTesting", nioCore, nioPosix, logging, lifecycle]),
        tests(of: "Agid", ["TandemTesting", "Core", "Directory", "Telephony", "FastAGI", logging]),
        tests(
            of: "Recordings",
            [
                "TandemTesting", "API", "Access", "CallControl", "Core", "Events", "Persistence", "Telephony",
                hummingbird, httpTypes, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]
        ),
        tests(
            of: "ParkingLots",
            [
                "TandemTesting", "API", "Access", "CallControl", "Core", "Directory", "Events", "Telephony",
                hummingbird, httpTypes, logging, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]
        ),
        tests(
            of: "EventStream",
            ["TandemTesting", "API", "Access", "Core", "Events", "Persistence", logging, nioCore, lifecycle]
        ),
        tests(of: "AsteriskConfiguration", ["TandemLab", "Core", "Postgres", logging]),
        tests(
            of: "CallControl",
            ["TandemTesting", "Core", "Events", "Persistence", "Telephony", logging, lifecycle]
        ),
        tests(
            of: "API",
            [
                "TandemTesting", "Access", "Core", "Persistence", asyncHTTPClient, nioSSL, hummingbird, httpTypes,
                logging, nioCore,
                nioHTTP1, nioPosix,
                yams,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]
        ),
        tests(of: "Switchboards", featureTests),
        tests(of: "Transfers", featureTests + ["CallRequests"]),
        tests(of: "Relocates", featureTests),
        tests(of: "AdhocConferences", featureTests),
        tests(of: "Applications", featureTests + ["CallRequests"]),
        tests(of: "Calls", featureTests + ["CallRequests"]),
        tests(of: "Processes"),
        tests(
            of: "Faxes",
            [
                "TandemTesting", "CallRequests", "Core", "Directory", "Events", "Persistence", "Processes", nioCore,
                logging, lifecycle,
            ]
        ),
        tests(of: "Voicemails", featureTests + ["Processes", "TandemLab", nioCore, lifecycle]),
        tests(of: "Identity", ["TandemTesting", "Access", "Core", "ServiceClient", logging]),

        // MARK: Tests against the lab's real servers (environment variables of deploy/lab/ports.sh)
        tests(of: "Postgres", ["TandemLab", logging]),
        tests(of: "PostgresDirectory", ["TandemLab", "TandemTesting", "Core", "Directory", "Postgres", logging]),
        tests(
            of: "PostgresPersistence",
            ["TandemLab", "Access", "Core", "Events", "Persistence", "Postgres", logging]
        ),
        tests(of: "Bus", ["TandemLab", "TandemTesting", "Core", "Events", logging]),
        tests(
            of: "ARI",
            [
                "TandemLab", "TandemTesting", "AMI", "Bus", "CallControl", "Core", "Events", "Telephony", nioCore,
                nioHTTP1, nioPosix, crypto, logging,
            ]
        ),
        tests(
            of: "AMI",
            ["TandemLab", "TandemTesting", "ARI", "Core", "Telephony", nioCore, nioPosix, logging, lifecycle]
        ),
        tests(
            of: "Amid",
            [
                "TandemLab", "TandemTesting", "AMI", "ARI", "Core", "Telephony", "ServiceClient", nioCore, logging,
                lifecycle,
            ]
        ),
        tests(
            of: "ConfdDirectory",
            [
                "TandemLab", "TandemTesting", "Core", "Directory", "Postgres", "PostgresDirectory", "ServiceClient",
                logging,
            ]
        ),
        tests(of: "TandemLab", ["Core", nioCore]),
        .testTarget(
            name: "AcceptanceTests",
            dependencies: [
                "TandemLab", "TandemTesting", "AMI", "Access", "Bus", "Core", "Events", "Postgres", "Processes",
                "Telephony", logging,
            ],
            swiftSettings: settings
        ),
    ]
)
