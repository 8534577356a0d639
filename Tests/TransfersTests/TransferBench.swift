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
import TandemTesting
import Telephony

@testable import Transfers

/// Transfers on a fake Asterisk, a fake manager and an in-memory store.
struct TransferBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let other = TenantID("10000000-0000-4000-8000-000000000002")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    static let idle = UserID("20000000-0000-4000-8000-000000000004")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let shared = BridgeID("b1")

    let asterisk: FakeAsterisk
    let manager: FakeManager
    let store: InMemoryStateStore
    let clock = ManualClock()
    let directory: FakeDirectory
    let transfers: Transfers

    init(
        store: InMemoryStateStore = InMemoryStateStore(),
        asterisk: FakeAsterisk = FakeAsterisk(),
        manager: FakeManager = FakeManager()
    ) {
        self.asterisk = asterisk
        self.manager = manager
        self.store = store
        directory = FakeDirectory(users: [
            UserRecord(
                id: Self.bob,
                tenant: Self.tenant,
                name: "Bob",
                lines: [LineRecord(id: 1, context: "internal", endpoint: .sip(name: "bob"))]
            ),
            UserRecord(id: Self.idle, tenant: Self.tenant, name: "Dave", lines: []),
        ])
        directory.change { $0.contexts = ["default": Self.tenant, "elsewhere": Self.other] }
        transfers = Transfers(
            ports: TransferPorts(
                asterisk: asterisk,
                variables: asterisk,
                manager: manager,
                destinations: Destinations(contexts: directory, manager: manager),
                users: directory,
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: Self.silent),
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5_038, timeout: 5),
                clock: clock,
                logger: Self.silent
            )
        )
    }

    /// Runs the transfers around `body`.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transfers.run() }
            try await recover()
            try await body()
            group.cancelAll()
        }
    }

    // MARK: Asterisk

    /// A call between T and I, Bob's; both in Stasis and in one bridge, or both in the dialplan.
    func call(inStasis: Bool, user: UserID? = bob, tenant: TenantID? = tenant) async throws {
        put("T", inStasis: inStasis)
        var variables: [String: String] = ["WAZO_USERID": "2"]
        variables["WAZO_USERUUID"] = user?.rawValue
        variables["WAZO_TENANT_UUID"] = tenant?.rawValue
        put("I", inStasis: inStasis, variables: variables)
        guard inStasis else { return }
        try await asterisk.createBridge(Self.shared, kind: .mixing)
        try await asterisk.add([ChannelID("T"), ChannelID("I")], to: Self.shared, as: BridgeEntry())
    }

    func put(_ id: String, inStasis: Bool, arguments: [String] = [], variables: [String: String] = [:]) {
        var channel = Channel(
            id: ChannelID(id),
            name: "PJSIP/\(id)-1",
            callerName: id == "I" ? "Bob \"B\"" : "Name \(id)",
            callerNumber: "1002",
            applicationName: inStasis ? "Stasis" : "Dial",
            applicationData: inStasis ? (["callcontrol"] + arguments).joined(separator: ",") : "PJSIP/x"
        )
        channel.language = "fr"
        asterisk.put(channel, variables: variables)
        // What the real one refuses is refused here too.
        asterisk.fail("set WAZO_TEST_STASIS= \(id)", with: inStasis ? nil : .conflict("not in Stasis"))
    }

    /// Sends an event through the same gate as the feed.
    @discardableResult
    func send(_ kind: AsteriskEvent.Kind, type: String, channel: String, arguments: [String] = []) async -> Bool {
        let head = EventHead(
            type: type,
            application: "callcontrol",
            channel: ChannelID(channel),
            arguments: arguments
        )
        guard transfers.wants(head) else { return false }
        await transfers.receive(AsteriskEvent(kind, application: "callcontrol", timestamp: clock.now), head: head)
        await transfers.transfers.settle()
        return true
    }

    /// T or I arrives from the dialplan.
    func join(_ id: String, of transfer: String) async {
        let arguments = StasisArguments.fetched(transfer: transfer).list
        put(id, inStasis: true, arguments: arguments)
        await send(
            .stasisStart(Channel(id: ChannelID(id)), arguments: arguments, replaced: nil),
            type: "StasisStart",
            channel: id,
            arguments: arguments
        )
    }

    /// The recipient answers.
    func answer(_ id: String, of transfer: String) async {
        let arguments = StasisArguments.recipient(transfer: transfer).list
        put(id, inStasis: true, arguments: arguments)
        await send(
            .stasisStart(Channel(id: ChannelID(id)), arguments: arguments, replaced: nil),
            type: "StasisStart",
            channel: id,
            arguments: arguments
        )
    }

    /// A channel hangs up, which is told twice.
    func hangUp(_ id: String) async {
        asterisk.remove(ChannelID(id))
        let channel = Channel(id: ChannelID(id))
        await send(.stasisEnd(channel), type: "StasisEnd", channel: id)
        await send(.channelDestroyed(channel, cause: 16), type: "ChannelDestroyed", channel: id)
    }

    /// Lets the transfers recover from what the fake Asterisk shows.
    func recover() async throws {
        try await transfers.recover(
            from: AsteriskSnapshot(
                channels: try await asterisk.channels(),
                bridges: try await asterisk.bridges()
            )
        )
    }

    func members(_ bridge: String) -> Set<String> { Set(asterisk.members(of: BridgeID(bridge)).map(\.rawValue)) }

    func isThere(_ id: String) async throws -> Bool { try await asterisk.channel(ChannelID(id)) != nil }

    // MARK: What clients see

    /// Published events: `<name> <status> <flow>`, and `-` without a recipient.
    var events: [String] {
        store.messages.map { message in
            guard let body = try? JSONValue(parsing: Data(message.body.utf8)), let data = body["data"] else {
                return "unreadable"
            }
            let name = (body["name"]?.string ?? "").replacing("transfer_", with: "")
            let blind = data["flow"] == "blind" ? " blind" : ""
            return "\(name) \(data["status"]?.string ?? "")\(blind)\(data["recipient_call"] == .null ? " -" : "")"
        }
    }

    /// The stored phase of a transfer.
    func phase(_ id: String) -> String? { store.rows["transfer/\(id)"]?.body["phase"]?.string }

    private static let acl = ACL(["calld.#"])

    /// A REST request.
    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        token: String = "bob"
    ) async throws -> (status: Int, body: JSONValue) {
        let identities = FakeIdentity([
            "bob": (Identity(tenant: Self.tenant, user: Self.bob, isMaster: false), Self.acl),
            "idle": (Identity(tenant: Self.tenant, user: Self.idle, isMaster: false), Self.acl),
            "unknown": (Identity(tenant: Self.tenant, user: UserID("nobody"), isMaster: false), Self.acl),
            "service": (Identity(tenant: Self.tenant, user: nil, isMaster: false), Self.acl),
            "foreign": (Identity(tenant: Self.other, user: nil, isMaster: false), Self.acl),
            "master": (Identity(tenant: Self.other, user: nil, isMaster: true, seesAllTenants: true), Self.acl),
            "powerless": (Identity(tenant: Self.tenant, user: Self.bob, isMaster: false), ACL([])),
        ])
        let router = API.router(features: [transfers], authorizer: Authorizer(identities: identities))
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
            let bytes = Data(response.body.readableBytesView)
            return (response.status.code, bytes.isEmpty ? .null : try JSONValue(parsing: bytes))
        }
    }

    static let order: JSONValue = [
        "transferred_call": "T", "initiator_call": "I", "context": "default", "exten": "10 03",
        "variables": ["colour": "blue"], "timeout": 20,
    ]

    /// Begins a transfer.
    /// - Returns: Its id and the recipient's channel, "" when there is none yet.
    func begin(_ flow: String = "attended") async throws -> (id: String, recipient: String) {
        var order = Self.order.object ?? [:]
        order["flow"] = .string(flow)
        let reply = try await request(.post, "/transfers", .object(order))
        guard reply.status == 201, let id = reply.body["id"]?.string else { throw Unexpected(text: "\(reply)") }
        return (id, reply.body["recipient_call"]?.string ?? "")
    }

    /// The recipient's channel of a stored transfer.
    func recipient(_ id: String) -> String {
        store.rows["transfer/\(id)"]?.body["recipient_call"]?.string ?? ""
    }

    struct Unexpected: Error { var text: String }
}
