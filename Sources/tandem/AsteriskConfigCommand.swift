import AMI
import ArgumentParser
import AsteriskConfiguration
import Core
import Foundation
import Logging
import Postgres
import Telephony

/// Asterisk's files from the directory (docs/asterisk-configuration.md).
struct AsteriskConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asterisk-config",
        abstract: "Write Asterisk's configuration from the directory, for sites without another generator."
    )
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Folder of the generated files, for instance /etc/asterisk/tandem.") var output: String
    @Option(help: "Connection URI of a role that may read secrets; the look-ups' unless given.") var database: String?
    @Option(help: "Folder of the music classes; a relative one is below Asterisk's data directory.")
    var musicFolder = "moh"
    @Flag(help: "Write nothing, name the files that would change.") var dryRun = false
    @Flag(help: "Write nothing, print the difference, exit 1 when there is one.") var check = false
    @Flag(help: "Have Asterisk read the changed files again, through the manager interface.") var reload = false

    func validate() throws {
        if dryRun, check { throw ValidationError("--dry-run and --check exclude each other") }
        if reload, dryRun || check { throw ValidationError("--reload needs files to be written") }
    }

    func run() async throws {
        let settings = try options.settings()
        let start = ContinuousClock.now
        let generated = try await generate(settings)
        for remark in generated.remarks { note(remark) }
        let folder = ConfigurationFolder(path: output)
        let changes = try folder.changes(to: generated)
        if check {
            for change in changes { show(change) }
            if !changes.isEmpty { throw ExitCode(1) }
            return
        }
        if !dryRun {
            for change in changes { try folder.install(change) }
            makeMusicFolders(generated.musicFolders)
        }
        for change in changes { print(dryRun ? "would change \(change.name)" : "changed \(change.name)") }
        note("\(generated.files.count) files in \((.now - start).inMilliseconds) ms, \(changes.count) changed")
        if reload { try await reloadAsterisk(settings, changed: changes.map(\.name)) }
    }

    // MARK: Reading

    private func generate(_ settings: Settings) async throws -> GeneratedConfiguration {
        var configuration = try PostgresConfiguration(
            uri: database ?? settings.database.readURI,
            applicationName: "tandem asterisk-config",
            connections: 1,
            isReadOnly: true
        )
        configuration.waitLimit = .seconds(30)
        let pool = PostgresPool(configuration, name: "asterisk-config", logger: Self.silentLogger)
        let site: Site
        do {
            site = try await SiteReader(pool: pool).read()
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
        return GeneratedConfiguration(site, options: .init(musicFolder: musicFolder))
    }

    private static var silentLogger: Logger { Logger(label: "tandem") { _ in SwiftLogNoOpLogHandler() } }

    // MARK: Showing

    private func show(_ change: ConfigurationFolder.Change) {
        print(change.old == nil ? "\(change.name) is not there yet" : "\(change.name) differs")
        for line in change.difference { print("  \(line)") }
    }

    /// Remarks are no result: they go to the other output.
    private func note(_ text: String) {
        FileHandle.standardError.write(Data("tandem asterisk-config: \(text)\n".utf8))
    }

    /// Asterisk drops a class without a folder. One that is relative is beyond our knowledge.
    private func makeMusicFolders(_ names: [String]) {
        guard musicFolder.begins(with: "/") else { return }
        for name in names {
            let path = "\(musicFolder)/\(name)"
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                if try FileManager.default.contentsOfDirectory(atPath: path).isEmpty {
                    note("music class \(name) is silent: \(path) is empty")
                }
            } catch {
                note("music class \(name): cannot read or make \(path)")
            }
        }
    }

    // MARK: Asterisk

    private func reloadAsterisk(_ settings: Settings, changed files: [String]) async throws {
        let commands = AsteriskReload.commands(for: files)
        if commands.isEmpty { return }
        guard !settings.ami.secret.isEmpty else {
            throw ValidationError("--reload: the manager interface is not configured (ami.username, ami.secret)")
        }
        try await ManagerVisit.make(settings) { manager in
            for command in commands {
                let start = ContinuousClock.now
                let answer = try await manager.command(command).first { !$0.isEmpty } ?? ""
                note("\(command): \((.now - start).inMilliseconds) ms \(answer)")
            }
        }
    }
}

/// A connection to the manager interface for one command of ours.
enum ManagerVisit {
    /// Connects, calls `body`, and says goodbye.
    /// - Throws: ``ManagerFailure`` when there is no connection within ten seconds, or whatever `body` throws.
    static func make(_ settings: Settings, _ body: (any ManagerControlling) async throws -> Void) async throws {
        var configuration = AMIConfiguration(
            host: settings.ami.host,
            port: settings.ami.port,
            username: settings.ami.username,
            secret: settings.ami.secret
        )
        configuration.actionLimit = .seconds(60)
        let client = AMIClient(
            configuration: configuration,
            receiver: NoEvents(),
            logger: Logger(label: "tandem") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await client.run() }
        defer { running.cancel() }
        let deadline = ContinuousClock.now + .seconds(10)
        while !client.isConnected {
            guard ContinuousClock.now < deadline else {
                throw ManagerFailure.unreachable("no login at \(settings.ami.host):\(settings.ami.port) within 10 s")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await body(client)
    }

    private struct NoEvents: ManagerEventReceiving {
        func wants(_ name: String) -> Bool { false }
        func managerConnected() async {}
        func managerDisconnected() async {}
        func receive(_ event: ManagerEvent) async {}
    }
}

extension Duration {
    fileprivate var inMilliseconds: Int { Int(self / .milliseconds(1)) }
}
