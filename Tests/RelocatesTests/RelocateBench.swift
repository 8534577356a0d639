import API
import Access
import CallControl
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
import TandemTesting
import Telephony

@testable import Relocates

/// Relocates on a fake Asterisk, an in-memory store and a clock moved by hand. Alice (`1.1`) talks with somebody
/// (`1.2`).
struct RelocateBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let alice = UserID("20000000-0000-4000-8000-000000000001")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    static let dave = UserID("20000000-0000-4000-8000-000000000004")
    static let initiator = ChannelID("1.1")
    static let relocated = ChannelID("1.2")
    static let oldBridge = BridgeID("old")
    static let path = "/users/me/relocates"
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let toLine: JSONValue = ["initiator_call": "1.1", "destination": "line", "location": ["line_id": 1]]
    static let toMobile: JSONValue = ["initiator_call": "1.1", "destination": "mobile"]

    let asterisk: FakeAsterisk
    let store: InMemoryStateStore
    let manager = FakeManager()
    let clock = ManualClock()
    let directory: FakeDirectory
    let cleanup: LoneChannelCleanup
    let relocates: Relocates

    init(store: InMemoryStateStore = InMemoryStateStore(), asterisk: FakeAsterisk = FakeAsterisk()) {
        self.asterisk = asterisk
        self.store = store
        func line(_ id: Int, _ endpoint: LineRecord.Endpoint) -> LineRecord {
            LineRecord(id: id, context: "internal", endpoint: endpoint)
        }
        directory = FakeDirectory(users: [
            UserRecord(
                id: Self.alice,
                tenant: Self.tenant,
                name: "Alice",
                lines: [
                    line(1, .sip(name: "alice")), line(2, .sccp(name: "desk")), line(3, .custom(interface: "dahdi/1")),
                ],
                mobileNumber: "0612"
            ),
            UserRecord(id: Self.bob, tenant: Self.tenant, name: "Bob", lines: [line(4, .sip(name: "bob"))]),
            UserRecord(id: Self.dave, tenant: Self.tenant, name: "Dave", lines: []),
        ])
        cleanup = LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: Self.silent)
        relocates = Relocates(
            ports: RelocatePorts(
                channels: asterisk,
                bridges: asterisk,
                manager: manager,
                variables: asterisk,
                users: directory,
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: cleanup,
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5038, timeout: 5),
                clock: clock,
                logger: Self.silent
            )
        )
    }

    /// Runs the relocates around `body`, once recovered.
    func run(recovered: Bool = true, _ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relocates.run() }
            if recovered { try await recover() }
            try await body()
            group.cancelAll()
        }
    }

    /// Alice and her peer talk, in the dialplan's hands or in Stasis.
    func call(inStasis: Bool, owner: UserID = alice, tenant: TenantID? = tenant) async throws {
        for id in [Self.initiator, Self.relocated] {
            var channel = Channel(id: id, name: "PJSIP/\(id)", applicationName: inStasis ? "Stasis" : "Dial")
            if inStasis { channel.applicationData = "callcontrol,switchboard" }
            var variables = ["WAZO_USERUUID": id == Self.initiator ? owner.rawValue : "somebody"]
            variables["WAZO_TENANT_UUID"] = tenant?.rawValue
            asterisk.put(channel, variables: variables)
        }
        try await asterisk.createBridge(Self.oldBridge, kind: .mixing)
        try await asterisk.add([Self.initiator, Self.relocated], to: Self.oldBridge, as: BridgeEntry())
        asterisk.fail("set WAZO_TEST_STASIS= 1.2", with: inStasis ? nil : .conflict("not in Stasis"))
    }

    /// Sends an event through the same gate as the feed.
    @discardableResult
    func send(_ kind: AsteriskEvent.Kind, type: String, channel: ChannelID, arguments: [String] = []) async -> Bool {
        let head = EventHead(type: type, application: "callcontrol", channel: channel, arguments: arguments)
        guard relocates.wants(head) else { return false }
        await relocates.receive(AsteriskEvent(kind, application: "callcontrol", timestamp: clock.now), head: head)
        await relocates.aggregates.settle()
        return true
    }

    /// A leg enters Stasis for a relocate.
    func enter(_ channel: ChannelID, _ relocate: String, _ role: RelocateArguments.Role, told: Bool = true) async {
        let arguments = RelocateArguments(relocate, role).list
        let leg = Channel(
            id: channel,
            applicationName: "Stasis",
            applicationData: (["callcontrol"] + arguments).joined(separator: ",")
        )
        asterisk.put(leg)
        asterisk.fail("set WAZO_TEST_STASIS= \(channel)", with: nil)
        guard told else { return }
        await send(
            .stasisStart(leg, arguments: arguments, replaced: nil),
            type: "StasisStart",
            channel: channel,
            arguments: arguments
        )
    }

    /// The recipient answers.
    func answer(_ relocate: String) async { await enter(recipient(relocate), relocate, .recipient) }
    /// The relocated comes out of the dialplan.
    func arrive(_ relocate: String) async { await enter(Self.relocated, relocate, .relocated) }

    /// The new device's channel.
    func recipient(_ relocate: String) -> ChannelID { ChannelID("relocate-recipient-\(relocate)") }

    /// A channel hangs up.
    @discardableResult
    func hangUp(_ id: ChannelID) async -> Bool {
        asterisk.remove(id)
        return await send(.channelDestroyed(Channel(id: id), cause: 16), type: "ChannelDestroyed", channel: id)
    }

    /// Lets the relocates recover from what the fake Asterisk shows.
    func recover() async throws {
        try await relocates.recover(
            from: AsteriskSnapshot(channels: try await asterisk.channels(), bridges: try await asterisk.bridges())
        )
        await relocates.aggregates.settle()
    }

    /// Requests to Asterisk and its manager that change something.
    var commands: [String] {
        let reads = ["channel ", "channels", "bridge ", "bridges", "variable ", "set WAZO_TEST_STASIS"]
        return asterisk.requests.filter { line in !reads.contains { line.hasPrefix($0) } }
    }

    /// Names of the published events without `relocate_`, in order.
    var events: [String] {
        store.messages.map { ($0.headers["name"]?.string ?? "?").replacing("relocate_", with: "") }
    }

    /// The stored phase.
    func phase(_ id: String) -> String? { store.rows["relocate/\(id)"]?.body["phase"]?.string }

    /// A relocate of Alice's call.
    /// - Returns: Its uuid.
    func begin(_ body: JSONValue = toLine, completions: [String] = ["answer"]) async throws -> String {
        var fields = body.object ?? [:]
        fields["completions"] = .array(completions.map(JSONValue.string))
        let reply = try await request(.post, Self.path, body: .object(fields))
        guard reply.status == 201, let id = reply.body["uuid"]?.string else {
            throw Failure(status: reply.status, errorID: "not-begun", message: reply.body.text)
        }
        return id
    }

    /// A REST request with the token of a user; `nobody` is a token without one.
    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        token: String = "alice",
        body: JSONValue? = nil
    ) async throws -> (status: Int, body: JSONValue) {
        let acl = ACL(["calld.users.me.relocates.#"])
        func identity(_ user: UserID?) -> Identity { Identity(tenant: Self.tenant, user: user, isMaster: false) }
        let identities = FakeIdentity([
            "alice": (identity(Self.alice), acl), "bob": (identity(Self.bob), acl), "dave": (identity(Self.dave), acl),
            "nobody": (identity(nil), acl), "powerless": (identity(Self.alice), ACL([])),
        ])
        let router = API.router(features: [relocates], authorizer: Authorizer(identities: identities))
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        let fields = headers
        return try await Application(router: router, logger: Self.silent).test(.router) { client in
            let response = try await client.execute(
                uri: "/1.0\(path)",
                method: method,
                headers: fields,
                body: body.map { ByteBuffer(string: $0.text) }
            )
            let data = Data(response.body.readableBytesView)
            return (response.status.code, data.isEmpty ? .null : try JSONValue(parsing: data))
        }
    }
}
