public import Core
public import Foundation

/// The built `tandem serve`, run against the lab with a configuration of its own.
public actor TandemProcess {
    /// Where its configuration and log are.
    public nonisolated let folder: URL
    /// The configuration that the next start writes; JSON is YAML too.
    public var settings: JSONValue
    private let environment: LabEnvironment
    private var child: ChildProcess?

    /// A server that is not started yet.
    /// - Parameters:
    ///   - database: The shared database's name.
    ///   - overrides: Top-level keys that replace those of ``settings(for:database:)``.
    public init(
        _ environment: LabEnvironment,
        database: String = "asterisk",
        overrides: [String: JSONValue] = [:]
    ) throws {
        self.environment = environment
        folder = try environment.makeFolder("tandem")
        var keys = Self.settings(for: environment, database: database)
        if let owner = environment.owner { keys["user"] = .string(owner.name) }
        for (key, value) in overrides { keys[key] = value }
        settings = .object(keys)
    }

    /// The keys of contract 00 §2.2 and 41 §0 that a lab needs.
    public static func settings(
        for environment: LabEnvironment,
        database: String
    ) -> [String: JSONValue] {
        let ari: JSONValue = [
            "base_url": .string("http://127.0.0.1:\(environment.httpPort)"), "username": "tandem",
            "password": "tandem",
        ]
        return [
            "rest_api": ["listen": "127.0.0.1", "port": .integer(Int64(environment.restPort))],
            "mode": "standalone",
            "ari": ["connection": ari],
            "ami": [
                "host": "127.0.0.1", "port": .integer(Int64(environment.managerPort)), "username": "tandem",
                "secret": "tandem",
            ],
            "bus": [
                "host": "127.0.0.1", "port": .integer(Int64(environment.amqpPort)), "username": "guest",
                "password": "guest",
            ],
            "db_uri": .string("postgresql://lab@127.0.0.1:\(environment.postgresPort)/\(database)"),
            "agid": ["listen_address": "127.0.0.1", "listen_port": .integer(Int64(environment.agiPort))],
            "voicemails": [
                "spool": .string(environment.state.appendingPathComponent("spool/voicemail").path),
                "sweep_interval": 2,
            ],
            "recordings": ["folder": .string(environment.state.appendingPathComponent("recordings").path)],
            "log_level": "debug",
            "log_filename": nil,
        ]
    }

    /// The server's REST interface.
    public nonisolated var rest: RESTClient {
        RESTClient("http://127.0.0.1:\(environment.restPort)/1.0")
    }

    /// The configuration file.
    public nonisolated var configuration: URL { folder.appendingPathComponent("tandem.yml") }

    /// Its output: the log.
    public nonisolated var log: URL { folder.appendingPathComponent("tandem.log") }

    /// Its process id; `nil` when it does not run.
    public var processID: Int32? { child?.id }

    /// Whether the process runs.
    public var isRunning: Bool { child?.isRunning ?? false }

    /// Replaces a top-level key of the configuration, for the next start.
    public func set(_ key: String, _ value: JSONValue) {
        var keys = settings.object ?? [:]
        keys[key] = value
        settings = .object(keys)
    }

    /// Starts the server and waits until it answers requests; any answer will do, also one that says that
    /// another server is down.
    /// - Throws: ``LabFailure`` when it ends, or does not answer in time; with the end of its log.
    public func start(within limit: Duration = .seconds(20)) async throws {
        try Data(settings.text.utf8).write(to: configuration)
        let child = try ChildProcess(
            try environment.program("tandem"),
            ["serve", "-c", configuration.path],
            in: folder,
            output: log
        )
        self.child = child
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            guard child.isRunning else {
                throw LabFailure.program("tandem serve ended at once:\n\(logTail())")
            }
            // Another process on that port would answer too: the one asked must be the one started.
            if (try? await rest.get("/status", within: .seconds(1))) != nil, child.isRunning { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw LabFailure.tooLate("tandem serve did not answer within \(limit):\n\(logTail())")
    }

    /// The end that nobody can catch, as when the machine dies.
    public func kill() async { await end(with: SIGKILL) }

    /// Stops the process from doing anything, for ever: it stays connected but reads nothing.
    public func pause() { child?.signal(SIGSTOP) }

    /// Sends it a signal.
    public func signal(_ signal: Int32) { child?.signal(signal) }

    /// The orderly end.
    /// - Returns: The exit status; `nil` when it did not run.
    @discardableResult
    public func terminate() async -> Int32? { await end(with: SIGTERM) }

    /// An orderly end that becomes a hard one after 30 s, so that a test never waits for ever.
    @discardableResult
    private func end(with signal: Int32) async -> Int32? {
        guard let child else { return nil }
        self.child = nil
        child.signal(signal)
        let deadline = Task {
            try await Task.sleep(for: .seconds(30))
            child.signal(SIGKILL)
        }
        defer { deadline.cancel() }
        return await child.status
    }

    /// `tandem token create`: a token for the REST interface.
    /// - Throws: ``LabFailure`` when the program fails or prints none.
    public func createToken(
        tenant: String,
        user: String? = nil,
        acl: [String] = ["#"],
        isMaster: Bool = false,
        expiresAfter seconds: Int? = nil
    ) async throws -> String {
        var arguments = ["token", "create", "-c", configuration.path, "--tenant", tenant]
        if let user { arguments += ["--user", user] }
        for pattern in acl { arguments += ["--acl", pattern] }
        if isMaster { arguments.append("--master") }
        if let seconds { arguments += ["--expires", String(seconds)] }
        let output = try await Command(try environment.program("tandem"), arguments).output()
        let token = output.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        guard !token.isEmpty, !token.contains(" ") else {
            throw LabFailure.answer("tandem token create printed no token: \(output)")
        }
        return token
    }

    /// Memory that it holds now, in MB; `nil` when it does not run.
    public var residentMegabytes: Double? {
        guard let id = processID, let text = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Double($0) }.first.map { $0 / 1_024 }
    }

    /// A subcommand of `tandem` with this server's configuration.
    /// - Returns: What it printed.
    /// - Throws: ``LabFailure`` when it fails.
    @discardableResult
    public func command(_ words: [String]) async throws -> String {
        try await Command(try environment.program("tandem"), words + ["-c", configuration.path]).output()
    }

    /// The last lines of the log, for a failure's text.
    public nonisolated func logTail(_ lines: Int = 20) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
