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

@testable import Switchboards

/// Switchboards on a fake Asterisk, an in-memory store and a clock moved by hand.
struct SwitchboardBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let other = TenantID("10000000-0000-4000-8000-000000000002")
    static let alice = UserID("20000000-0000-4000-8000-000000000001")
    static let idle = UserID("20000000-0000-4000-8000-000000000004")
    static let board = "s1"
    static let secondBoard = "s2"
    static let queue = BridgeID("switchboard-s1-queue")
    static let waitingRoom = BridgeID("switchboard-s1-hold")

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let asterisk: FakeAsterisk
    let store: InMemoryStateStore
    let clock = ManualClock()
    let directory: FakeDirectory
    let switchboards: Switchboards

    init(
        store: InMemoryStateStore = InMemoryStateStore(),
        asterisk: FakeAsterisk = FakeAsterisk(),
        isTakenElsewhere: @escaping @Sendable (ChannelID) -> Bool = { _ in false }
    ) {
        self.asterisk = asterisk
        self.store = store
        directory = FakeDirectory(
            switchboards: [
                SwitchboardRecord(
                    id: Self.board,
                    tenant: Self.tenant,
                    name: "Reception",
                    queueMusic: "jazz",
                    waitingRoomMusic: "classic",
                    timeout: nil
                ),
                SwitchboardRecord(
                    id: Self.secondBoard,
                    tenant: Self.tenant,
                    name: "Sales",
                    queueMusic: nil,
                    waitingRoomMusic: nil,
                    timeout: nil
                ),
            ],
            users: [
                UserRecord(
                    id: Self.alice,
                    tenant: Self.tenant,
                    name: "Alice",
                    lines: [
                        LineRecord(id: 1, context: "default", endpoint: .sip(name: "alice")),
                        LineRecord(id: 2, context: "default", endpoint: .sccp(name: "desk")),
                    ]
                ),
                UserRecord(id: Self.idle, tenant: Self.tenant, name: "Dave", lines: []),
            ]
        )
        let logger = Self.silent
        switchboards = Switchboards(
            ports: SwitchboardPorts(
                channels: asterisk,
                bridges: asterisk,
                switchboards: directory,
                users: directory,
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger),
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                isTakenElsewhere: isTakenElsewhere,
                clock: clock,
                logger: logger
            )
        )
    }

    /// Runs the switchboards around `body`.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await switchboards.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// Sends an event through the same gate as the feed.
    /// - Returns: Whether switchboards wanted it.
    @discardableResult
    func send(_ kind: AsteriskEvent.Kind, type: String, channel: ChannelID, arguments: [String] = []) async -> Bool {
        let head = EventHead(type: type, application: "callcontrol", channel: channel, arguments: arguments)
        guard switchboards.wants(head) else { return false }
        await switchboards.receive(AsteriskEvent(kind, application: "callcontrol", timestamp: clock.now), head: head)
        return true
    }

    /// A caller arrives from the dialplan.
    /// - Parameter settles: Whether to wait until the switchboard has done all that it had to do.
    func arrive(_ id: String, timeout: String? = nil, settles: Bool = true) async {
        let arguments = ["switchboard", "switchboard_queue", Self.tenant.rawValue, Self.board]
        let channel = Channel(
            id: ChannelID(id),
            state: "Ring",
            callerName: "Caller \(id)",
            callerNumber: "555",
            applicationName: "Stasis",
            applicationData: (["callcontrol"] + arguments).joined(separator: ",")
        )
        var variables: [String: String] = [:]
        if let timeout {
            variables["WAZO_SWITCHBOARD_TIMEOUT"] = timeout
            variables["WAZO_SWITCHBOARD_FALLBACK_NOANSWER_ACTION"] = "sound"
        }
        asterisk.put(channel, variables: variables)
        await send(
            .stasisStart(channel, arguments: arguments, replaced: nil),
            type: "StasisStart",
            channel: channel.id,
            arguments: arguments
        )
        if settles { await settle() }
    }

    /// A channel hangs up.
    /// - Parameter settles: Whether to wait until the switchboard has done all that it had to do.
    @discardableResult
    func hangUp(_ id: ChannelID, settles: Bool = true) async -> Bool {
        asterisk.remove(id)
        let wanted = await send(.channelDestroyed(Channel(id: id), cause: 16), type: "ChannelDestroyed", channel: id)
        if settles { await settle() }
        return wanted
    }

    /// The operator's phone is answered.
    func operatorAnswers(_ leg: ChannelID, call: String, held: Bool = false) async {
        let action = held ? "switchboard_unhold" : "switchboard_answer"
        let arguments = ["switchboard", action, Self.tenant.rawValue, Self.board, call]
        let channel = Channel(
            id: leg,
            applicationName: "Stasis",
            applicationData: (["callcontrol"] + arguments).joined(separator: ",")
        )
        asterisk.put(channel, variables: ["XIVO_ORIGINAL_CALLER_ID": "\"Alice\" <1001>"])
        await send(
            .stasisStart(channel, arguments: arguments, replaced: nil),
            type: "StasisStart",
            channel: leg,
            arguments: arguments
        )
        await settle()
    }

    /// Returns once every input so far was handled.
    func settle(_ board: String = Self.board) async {
        let actor = switchboards.actor(SwitchboardID(tenant: Self.tenant, id: board))
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            actor.mailbox.offer(.barrier { done.resume() })
        }
    }

    /// Lets the switchboards recover from what the fake Asterisk shows.
    func recover() async throws {
        let snapshot = AsteriskSnapshot(
            channels: try await asterisk.channels(),
            bridges: try await asterisk.bridges()
        )
        try await switchboards.recover(from: snapshot)
        await settle()
    }

    /// The published events with the ids of their lists: `queued [1,2]`, `held [3]`, `answered 1`, `held answered 3`.
    var events: [String] {
        store.messages.map { message in
            guard let body = try? JSONValue(parsing: Data(message.body.utf8)), let name = body["name"]?.string else {
                return "unreadable"
            }
            if let call = body["data"]?["queued_call_id"]?.string { return "answered \(call)" }
            if let call = body["data"]?["held_call_id"]?.string { return "held answered \(call)" }
            let items = body["data"]?["items"]?.array ?? []
            let room = name.contains("held") ? "held" : "queued"
            return "\(room) [\(items.compactMap { $0["id"]?.string }.joined(separator: ","))]"
        }
    }

    /// ``events`` of the queue alone.
    var queueEvents: [String] { events.filter { !$0.hasPrefix("held") } }

    /// The stored phase of a call.
    func phase(_ id: String) -> String? {
        store.rows["switchboard_queued_call/\(id)"]?.body["phase"]?.string
    }

    /// The stored phase of a held call.
    func heldPhase(_ id: String) -> String? {
        store.rows["switchboard_held_call/\(id)"]?.body["phase"]?.string
    }

    /// A REST request with the token of a user; `nil` for a token without one.
    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        token: String = "alice",
        tenant: TenantID? = nil
    ) async throws -> (status: Int, body: JSONValue) {
        let acl = ACL(["calld.switchboards.#"])
        let identities = FakeIdentity([
            "alice": (Identity(tenant: Self.tenant, user: Self.alice, isMaster: false), acl),
            "idle": (Identity(tenant: Self.tenant, user: Self.idle, isMaster: false), acl),
            "nobody": (Identity(tenant: Self.tenant, user: nil, isMaster: false), acl),
            "foreign": (Identity(tenant: Self.other, user: Self.alice, isMaster: false), acl),
            "powerless": (Identity(tenant: Self.tenant, user: Self.alice, isMaster: false), ACL([])),
        ])
        let router = API.router(features: [switchboards], authorizer: Authorizer(identities: identities))
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        if let tenant, let name = HTTPField.Name("Wazo-Tenant") { headers[name] = tenant.rawValue }
        let fields = headers
        return try await Application(router: router, logger: Self.silent).test(.router) { client in
            let response = try await client.execute(uri: "/1.0\(path)", method: method, headers: fields)
            let body = Data(response.body.readableBytesView)
            return (response.status.code, body.isEmpty ? .null : try JSONValue(parsing: body))
        }
    }
}
