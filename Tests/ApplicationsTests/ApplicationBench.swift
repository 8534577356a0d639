import API
import Access
import CallControl
import CallRequests
import Core
import Directory
import Events
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Persistence
import Synchronization
import TandemTesting
import Telephony

@testable import Applications

/// Applications over an Asterisk in memory, with their routes.
struct ApplicationBench: Sendable {
    static let id = Shorthand.id
    let asterisk = FakeAsterisk()
    let manager = FakeManager()
    let directory: FakeDirectory
    let store = InMemoryStateStore()
    let registry = Registry()
    let applications: Applications

    /// Takes every application at once, unless it refuses.
    final class Registry: ApplicationRegistering {
        private let names = Mutex<Set<String>>([])
        private let refused = Mutex<Set<String>?>(nil)
        func register(_ application: StasisApplication) async throws {
            let isRefused = refused.withLock { refused in
                refused?.insert(application.name)
                return refused != nil
            }
            if isRefused { throw TelephonyFailure.internalError("no") }
            names.withLock { _ = $0.insert(application.name) }
        }
        func refuse() { refused.withLock { $0 = [] } }
        /// What was refused is tried again with success.
        func takeRefused() {
            let taken = refused.withLock { refused in
                defer { refused = nil }
                return refused ?? []
            }
            names.withLock { $0.formUnion(taken) }
        }
        func deregister(_ name: String) async throws { names.withLock { _ = $0.remove(name) } }
        var registered: Set<String> { names.withLock { $0 } }
        var isConnected: Bool { true }
        func forget() { names.withLock { $0 = [] } }
    }

    /// - Parameters:
    ///   - asking: The manager interface that is asked in place of ``manager``.
    ///   - recordings: Those that Asterisk has.
    init(
        node: ApplicationRecord.Node? = nil,
        removalLimit: Duration = .seconds(8),
        asking: (any ManagerControlling)? = nil,
        recordings: Set<String> = []
    ) {
        var record = Shorthand.record
        record.node = node
        let directory = FakeDirectory()
        directory.change { [record] in
            $0.applications = [record]
            $0.contexts = ["default": record.tenant]
        }
        self.directory = directory
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        applications = Applications(
            ports: ApplicationPorts(
                asterisk: asterisk,
                manager: asking ?? manager,
                registry: { [registry] in registry },
                applications: directory,
                music: directory,
                users: directory,
                destinations: Destinations(contexts: directory, manager: manager),
                editing: nil,
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger),
                failures: AsteriskFailures(baseURL: "http://ari"),
                managerFailures: ManagerFailures(host: "h", port: 1, timeout: 1),
                hasRecording: { recordings.contains($0) },
                logger: logger
            ),
            removalLimit: removalLimit
        )
        asterisk.setApplication("wazo-app-\(Self.id)", StasisApplicationState(name: "wazo-app-\(Self.id)"))
    }

    /// Runs the applications, and `body` once they are known.
    func run(_ body: @Sendable (ApplicationLoop) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await applications.run() }
            await applications.loaded(within: .seconds(5))
            // The first look at Asterisk asks for channels, then for bridges: it sees nobody who comes from now on.
            if !registry.registered.isEmpty { try? await eventually(within: .seconds(5)) { hasLooked } }
            if let loop = applications.register.loop(Self.id) { try await body(loop) }
            group.cancelAll()
        }
    }

    private var hasLooked: Bool { asterisk.requests.contains("bridges") }

    /// A channel that has come in.
    func enter(_ id: String, _ arguments: [String] = ["incoming"], in loop: ApplicationLoop) async {
        let channel = Shorthand.channel(id, "Ring")
        asterisk.put(channel)
        await tell(.stasisStart(channel, arguments: arguments, replaced: nil), "StasisStart")
        _ = await loop.waits(.seconds(2)) { $0.calls[channel.id] != nil }
    }

    func tell(_ kind: AsteriskEvent.Kind, _ type: String) async {
        let name = "wazo-app-\(Self.id)"
        var channel: ChannelID?
        if case .stasisStart(let new, _, _) = kind { channel = new.id }
        await applications.receive(
            AsteriskEvent(kind, application: name, timestamp: Date()),
            head: EventHead(type: type, application: name, channel: channel)
        )
    }

    /// The directory tells that the application was deleted.
    func delete() {
        directory.change { $0.applications = [] }
        applications.directoryChanged(.application(Self.id))
    }

    /// Returns once nothing is known of the application.
    func isForgotten() async throws {
        try await eventually { applications.register.loop(Self.id) == nil && store.rows.isEmpty }
    }

    /// Names of the events so far.
    var told: [String] { store.messages.compactMap { $0.headers["name"]?.string } }

    /// Asks a route with a token of tenant `t1`, of another tenant, or of the master tenant.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        as token: String = "own"
    ) async throws -> (status: Int, body: JSONValue) {
        func identity(_ tenant: String, isMaster: Bool = false) -> (identity: Identity, acl: ACL) {
            (
                Identity(tenant: TenantID(tenant), user: nil, isMaster: isMaster, seesAllTenants: isMaster),
                ACL(["#"])
            )
        }
        let identities = FakeIdentity([
            "own": identity("t1"), "other": identity("t2"), "master": identity("m", isMaster: true),
        ])
        let router = API.router(features: [applications], authorizer: Authorizer(identities: identities))
        var headers = HTTPFields()
        headers[HTTPField.Name("X-Auth-Token") ?? .authorization] = token
        let fields = headers
        let bytes = body.map { ByteBuffer(string: $0.text) }
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Application(router: router, logger: silent).test(.router) { client in
            let answer = try await client.execute(
                uri: "/1.0/applications/\(Self.id)\(path)",
                method: method,
                headers: fields,
                body: bytes
            )
            let data = Data(answer.body.readableBytesView)
            return (answer.status.code, data.isEmpty ? .null : try JSONValue(parsing: data))
        }
    }
}
