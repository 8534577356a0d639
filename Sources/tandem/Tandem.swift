import ArgumentParser
import Core
import Logging

/// The command line.
@main
struct Tandem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tandem",
        abstract: "The call application gateway beside Asterisk.",
        subcommands: [Serve.self, Migrate.self, CheckConfig.self, Token.self],
        defaultSubcommand: Serve.self
    )
}

/// Options of every subcommand (contract 00 §1).
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "Main configuration file.")
    var configFile = ConfigurationFiles.defaultPath

    @Flag(name: [.short, .long], help: "Log everything; wins over the log level.")
    var debug = false

    @Option(name: [.short, .long], help: "critical, error, warning, info or debug.")
    var logLevel: String?

    /// The effective settings.
    /// - Throws: `ConfigurationFaults`.
    func settings() throws -> Settings {
        var tree = try ConfigurationFiles.tree(mainFile: configFile)
        if let logLevel { tree = ConfigurationFiles.merge(["log_level": .string(logLevel)], over: tree) }
        if debug { tree = ConfigurationFiles.merge(["debug": true], over: tree) }
        return try Settings(tree: tree)
    }
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the server (the default).")
    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let settings = try options.settings()
        let output = try LogOutput(path: settings.logFilename)
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: settings.level, output: output) }
        try await Server(settings: settings).run()
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
        print(try options.settings().maskedYAML(), terminator: "")
    }
}
