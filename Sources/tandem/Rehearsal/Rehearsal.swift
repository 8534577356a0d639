import ARI
import Agid
import CallControl
import Core
import FastAGI
import Foundation
import Identity
import Logging
import Postgres
import ServiceClient
import ServiceLifecycle
import Synchronization
import Telephony

/// The server's handlers over the configured database and services, each run on a channel in memory: no Asterisk and
/// no RabbitMQ is needed, and nothing that handlers leave for later (call-backs) is done.
///
/// What a handler writes it writes.
struct Rehearsal {
    /// How a handler ended.
    enum Outcome: Sendable, Hashable {
        case success
        /// The call would go to `agi_fail` because of what the handler found.
        case dialplanBreak(String)
        /// The call would go to `agi_fail` because of a fault.
        case failure(String)
    }

    /// What one handler did.
    struct Report: Sendable {
        var steps: [RehearsedChannel.Step]
        var statements: [String]
        /// `METHOD URL` each.
        var requests: [String]
        var duration: Duration
        var outcome: Outcome
    }

    /// Who is called, and with what.
    struct Call: Sendable {
        var script: String
        var arguments: [String] = []
        var variables: [String: String] = [:]
        var environment: [String: String] = [:]
        var digits: [String] = []
    }

    /// All handlers.
    let handlers: [any AGIHandler]
    private let databases: Databases
    private let platform: PlatformServices
    private let ari: ARIClient
    private let log = RehearsalLog()
    private let token: Task<Void, any Error>?

    /// - Parameter manager: Asterisk's queues; `nil`: there is no Asterisk, which agents' logins find out.
    /// - Throws: `PostgresFailure` when a database URI cannot be read.
    init(_ settings: Settings, credentials: ServiceCredentials?, manager: (any ManagerControlling)? = nil) throws {
        let silent = Logger(label: "tandem") { _ in SwiftLogNoOpLogHandler() }
        let log = log
        let platform = PlatformServices(
            settings,
            credentials: credentials,
            logger: silent,
            onRequest: { log.add(request: "\($0) \($1)") }
        )
        self.platform = platform
        databases = try Databases(
            settings,
            master: { platform.token?.masterTenant },
            logger: silent,
            onStatement: { log.add(statement: $0.text) }
        )
        ari = ARIClient(configuration: settings.ari, logger: silent)
        let events = ManagerEventRouter()
        let agid = AgidPart(
            settings,
            platform: platform,
            databases: databases,
            directory: try DirectoryPart(settings, platform: platform, databases: databases, logger: silent),
            manager: manager ?? ManagerPart(settings, platform: platform, receiver: events, logger: silent).manager,
            managerEvents: events,
            channels: ari,
            recording: NoCallRecording(),
            logger: silent
        )
        handlers = agid.agid.handlers.sorted { $0.name < $1.name }
        token = platform.token.map { token in Task { try await token.run() } }
    }

    /// Opens a rehearsal for `body` and closes it again.
    static func with<Result: Sendable>(
        _ settings: Settings,
        manager: (any ManagerControlling)? = nil,
        _ body: (Rehearsal) async throws -> Result
    ) async throws -> Result {
        let rehearsal = try Rehearsal(settings, credentials: try settings.serviceCredentials, manager: manager)
        do {
            let result = try await body(rehearsal)
            await rehearsal.close()
            return result
        } catch {
            await rehearsal.close()
            throw error
        }
    }

    /// Waits for the service token where one is needed, at most this long; without one the services stay unasked.
    func prepare(within limit: Duration = .seconds(3)) async {
        guard let token = platform.token else { return }
        let deadline = ContinuousClock.now + limit
        while !token.isGranted, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    }

    private func close() async {
        token?.cancel()
        _ = await token?.result
        await databases.readPool.close()
        await databases.state.pool.close()
        await ari.shutdown()
        await platform.transport.shutdown()
    }

    // MARK: One handler

    /// Runs a handler, one at a time.
    /// - Returns: What it did; `nil` when there is no such handler.
    func run(_ call: Call) async -> Report? {
        guard let handler = handlers.first(where: { $0.name == call.script }) else { return nil }
        let environment = Self.environment(of: call)
        let variables = [
            "CALLERID(num)": environment["agi_callerid"] ?? "",
            "CALLERID(name)": environment["agi_calleridname"] ?? "",
        ].filter { !$0.value.isEmpty }.merging(call.variables) { $1 }
        let channel = RehearsedChannel(variables: variables, digits: call.digits)
        let session = AGISession(
            environment: AGIEnvironment(environment),
            transport: channel,
            logger: Logger(label: "tandem.agi") { _ in SwiftLogNoOpLogHandler() }
        )
        log.clear()
        let start = ContinuousClock.now
        let outcome: Outcome
        do {
            try await handler.run(session)
            outcome = .success
        } catch let stop as DialplanBreak {
            outcome = .dialplanBreak(stop.message)
        } catch {
            outcome = .failure("\(error)")
        }
        let duration = ContinuousClock.now - start
        let (statements, requests) = log.entries
        return Report(
            steps: channel.steps,
            statements: statements,
            requests: requests,
            duration: duration,
            outcome: outcome
        )
    }

    /// What Asterisk would tell, with the caller's own words over it.
    static func environment(of call: Call) -> [String: String] {
        var environment = [
            "agi_network": "yes", "agi_network_script": call.script, "agi_channel": "PJSIP/rehearsal-00000001",
            "agi_uniqueid": "1700000000.1",
        ]
        for (index, argument) in call.arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
        return environment.merging(call.environment) { $1 }
    }
}

/// What a handler asked of database and services.
private final class RehearsalLog: Sendable {
    private let state = Mutex<(statements: [String], requests: [String])>(([], []))

    var entries: (statements: [String], requests: [String]) { state.withLock { $0 } }

    func clear() { state.withLock { $0 = ([], []) } }
    func add(statement: String) { state.withLock { $0.statements.append(statement) } }
    /// Asking for our own token is no request of a handler's.
    func add(request: String) {
        if request.ends(with: "/0.1/token") { return }
        state.withLock { $0.requests.append(request) }
    }
}
