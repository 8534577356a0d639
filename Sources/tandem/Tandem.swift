import ArgumentParser
import Core
import Dispatch
import Foundation
import Glibc
import Identity
import Logging
import Metrics
import PrometheusMetrics

/// The command line.
struct Tandem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "The call application gateway beside Asterisk.",
        subcommands: [
            Serve.self, Migrate.self, CheckConfig.self, Token.self, AsteriskConfig.self, DialplanCommand.self,
            AGIRehearsalCommand.self, Reload.self,
        ],
        defaultSubcommand: Serve.self
    )
}

/// Where the process begins. Rights are dropped here, on the main thread, before any other thread is there: an
/// asynchronous `main` gives the main thread up, and with it the process would keep showing its old user.
@main
enum Launch {
    static func main() {
        do {
            if let serve = try Tandem.parseAsRoot() as? Serve {
                let server = try serve.prepared()
                run { try await server.run() }
            }
            run {
                // Parsed where it runs: a command cannot cross over to another thread.
                var command = try Tandem.parseAsRoot()
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            }
        } catch {
            Tandem.exit(withError: error)
        }
    }

    private static func run(_ body: sending @escaping () async throws -> Void) -> Never {
        Task {
            do {
                try await body()
                exit(EXIT_SUCCESS)
            } catch {
                Tandem.exit(withError: error)
            }
        }
        dispatchMain()
    }
}

/// Options of every subcommand (contract 00 §1).
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: "Main configuration file; unless given: \(ConfigurationFiles.defaultPaths.joined(separator: ", or "))."
    )
    var configFile: String?

    @Option(help: "Configuration file of wazo-agid, whose values count where ours say nothing.")
    var agidConfigFile: String?

    @Flag(name: [.short, .long], help: "Log everything; wins over the log level.")
    var debug = false

    @Option(name: [.short, .long], help: "critical, error, warning, info or debug.")
    var logLevel: String?

    /// The effective settings.
    /// - Parameter user: Option `-u` of the server.
    /// - Throws: `ConfigurationFaults`.
    func settings(user: String? = nil) throws -> Settings {
        var tree = try ConfigurationFiles.tree(mainFile: configFile, agidFile: agidConfigFile)
        let line: [String: JSONValue?] = [
            "log_level": logLevel.map(JSONValue.string), "user": user.map(JSONValue.string),
            "debug": debug ? true : nil,
        ]
        tree.add(.object(line.compactMapValues { $0 }), from: "command line")
        return try Settings(tree)
    }
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the server (the default).")
    @OptionGroup var options: ConfigurationOptions
    @Option(name: [.short, .long], help: "Drop the rights of root and go on as this user.")
    var user: String?

    /// What needs the rights of root, and the dropping of them.
    func prepared() throws -> PreparedServer {
        HangUpSignal.keep()
        let settings = try options.settings(user: user)
        // The key file is readable by root and the service's user alone: read before the rights are dropped.
        let credentials = try settings.serviceCredentials
        let dialplanCredentials = settings.dialplanCredentials
        if let user = settings.user { try PrivilegeDrop.become(user) }
        return PreparedServer(
            settings: settings,
            credentials: credentials,
            dialplanCredentials: dialplanCredentials
        ) { [options, user] in
            try options.settings(user: user)
        }
    }

    func run() async throws { try await prepared().run() }
}

/// A server that is not running yet.
struct PreparedServer: Sendable {
    let settings: Settings
    let credentials: ServiceCredentials?
    let dialplanCredentials: ServiceCredentials?
    /// Reads the files and the command line again.
    let read: @Sendable () throws -> Settings

    func run() async throws {
        let output = try LogOutput(path: settings.logFilename)
        let level = LogLevel(settings.level)
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, format: settings.logFormat, output: output) }
        let figures = PrometheusRegistry()
        MetricsSystem.bootstrap(figures)
        let running = RunningConfiguration(
            settings,
            level: level,
            serviceName: credentials?.username,
            log: output,
            read: read
        )
        announce()
        try await Server(
            settings: settings,
            credentials: credentials,
            dialplanCredentials: dialplanCredentials,
            running: running,
            figures: figures
        ).run()
    }
}

extension PreparedServer {
    /// The log's first lines: how this process runs, and what of its configuration nobody reads.
    private func announce() {
        let logger = Logger(label: "tandem")
        logger.info(
            "mode \(settings.mode): \(settings.modeReason)",
            metadata: [
                "configuration": "\(settings.mainFile ?? "none, every key has its default")",
                "user": "\(PrivilegeDrop.currentUser)",
            ]
        )
        for warning in settings.warnings { logger.warning("\(warning)") }
    }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring schema gateway up to date (also done at each start)."
    )
    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let version = try await LocalDatabase.with(try options.settings()) { try await $0.migrate() }
        print("schema gateway is at version \(version)")
    }
}

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the effective configuration with secrets masked, or all of its faults."
    )
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let settings = try options.settings()
        // Not part of the YAML: they go to the other output.
        for line in ["mode \(settings.mode): \(settings.modeReason)"] + settings.warnings {
            FileHandle.standardError.write(Data("tandem check-config: \(line)\n".utf8))
        }
        print(try settings.maskedYAML(), terminator: "")
    }
}
