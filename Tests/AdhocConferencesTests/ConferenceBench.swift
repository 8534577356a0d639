import API
import Access
import CallControl
import Core
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

@testable import AdhocConferences

/// Ad hoc conferences on a fake Asterisk, an in-memory store and a clock moved by hand.
///
/// `H` of user `host` talks with `P` of user `peer` in `b1`; his other leg `D` with `Q` of user `other` in `b2`.
struct ConferenceBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let host = UserID("host")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let path = "/users/me/conferences/adhoc"
    /// What Asterisk says of a channel that is not in Stasis.
    static let outsideStasis = TelephonyFailure.conflict("Channel not in Stasis application")

    let asterisk: FakeAsterisk
    let manager: FakeManager
    let store: InMemoryStateStore
    let clock = ManualClock()
    let conferences: AdhocConferences

    init(asterisk: FakeAsterisk = FakeAsterisk(), store: InMemoryStateStore = InMemoryStateStore()) async throws {
        self.asterisk = asterisk
        self.store = store
        manager = FakeManager()
        let logger = Self.silent
        conferences = AdhocConferences(
            ports: AdhocConferencePorts(
                channels: asterisk,
                bridges: asterisk,
                subscriptions: asterisk,
                capture: StasisCapture(manager: manager, variables: asterisk),
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger),
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5_038, timeout: 5),
                clock: clock,
                logger: logger
            )
        )
    }

    /// Two calls of the host, all four channels in Stasis, or in the dialplan.
    func placeCalls(inStasis: Bool = true) async throws {
        asterisk.setApplication("adhoc_conference", StasisApplicationState(name: "adhoc_conference"))
        for (id, user) in [("H", "host"), ("P", "peer"), ("D", "host"), ("Q", "other")] { put(id, user: user) }
        for (bridge, members) in [("b1", ["H", "P"]), ("b2", ["D", "Q"])] {
            try await asterisk.createBridge(BridgeID(bridge), kind: .mixing)
            try await asterisk.add(members.map { ChannelID($0) }, to: BridgeID(bridge), as: BridgeEntry())
        }
        asterisk.fail("set WAZO_TEST_STASIS", with: inStasis ? nil : Self.outsideStasis)
    }

    /// A channel, without a user if that is `nil`.
    func put(_ id: String, user: String?, tenant: TenantID? = ConferenceBench.tenant) {
        asterisk.put(channel(id, user: user, tenant: tenant))
    }

    private func channel(_ id: String, user: String?, tenant: TenantID?) -> Telephony.Channel {
        Telephony.Channel(
            id: ChannelID(id),
            name: "PJSIP/\(id)",
            callerNumber: "100\(id)",
            variables: ["WAZO_USERUUID": user ?? "", "WAZO_TENANT_UUID": tenant?.rawValue ?? ""],
            applicationName: "Stasis",
            applicationData: "callcontrol"
        )
    }

    /// Runs the conferences around `body`.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await conferences.run() }
            try await body()
            group.cancelAll()
        }
    }

    // MARK: Asterisk's events

    /// Sends an event through the same gate as the feed.
    /// - Returns: Whether the conferences wanted it.
    @discardableResult
    func send(
        _ kind: AsteriskEvent.Kind,
        type: String,
        channel: String? = nil,
        bridge: String? = nil,
        application: String = "adhoc_conference",
        arguments: [String] = []
    ) async -> Bool {
        let head = EventHead(
            type: type,
            application: application,
            channel: channel.map { ChannelID($0) },
            bridge: bridge.map { BridgeID($0) },
            arguments: arguments
        )
        guard conferences.wants(head) else { return false }
        await conferences.receive(AsteriskEvent(kind, application: application, timestamp: clock.now), head: head)
        await conferences.aggregates.settle()
        return true
    }

    /// Channels arrive in our application, as after a move or a redirect.
    func arrive(_ ids: String..., for conference: String) async throws {
        for id in ids {
            let known = try await asterisk.channel(ChannelID(id))
            let shown = known ?? Telephony.Channel(id: ChannelID(id))
            await send(
                .stasisStart(shown, arguments: [conference], replaced: nil),
                type: "StasisStart",
                channel: id,
                arguments: [conference]
            )
        }
    }

    /// A channel hangs up.
    func hangUp(_ id: String, of conference: String) async {
        asterisk.remove(ChannelID(id))
        await ends(id, of: conference)
    }

    /// Asterisk tells of the end of a channel.
    func ends(_ id: String, of conference: String) async {
        let channel = Telephony.Channel(id: ChannelID(id))
        let bridge = Bridge(id: BridgeID(conference), kind: .mixing, channels: [])
        await send(.channelLeftBridge(channel, bridge), type: "ChannelLeftBridge", channel: id, bridge: conference)
        await send(
            .channelDestroyed(channel, cause: 16),
            type: "ChannelDestroyed",
            channel: id,
            application: "callcontrol"
        )
    }

    /// Lets the conferences recover from what the fake Asterisk shows.
    func recover() async throws {
        let snapshot = AsteriskSnapshot(
            channels: try await asterisk.channels(),
            bridges: try await asterisk.bridges()
        )
        try await conferences.recover(from: snapshot)
    }

    // MARK: What is seen from outside

    /// Published events: `joined Q>host`, `created >host`.
    var events: [String] {
        store.messages.map { message in
            let body = try? JSONValue(parsing: Data(message.body.utf8))
            let name = message.headers["name"]?.string?.split(separator: "_").last ?? ""
            let call = body?["data"]?["call_id"]?.string.map { " \($0)" } ?? ""
            let users = message.headers.keys.filter { $0.hasPrefix("user_uuid:") }.map { $0.dropFirst(10) }
            return "\(name)\(call)>\(users.joined(separator: ","))"
        }
    }

    /// The stored conference's phase.
    func phase(_ id: String) -> String? { store.rows["adhoc_conference/\(id)"]?.body["phase"]?.string }

    /// Members of a conference's bridge.
    func members(of conference: String) -> Set<String> {
        Set(asterisk.members(of: BridgeID(conference)).map(\.rawValue))
    }

    /// Merges `H`, whose peer is `P`, and `Q`; all arrive.
    func merged() async throws -> String {
        let answer = try await merge()
        let id = answer.body["conference_id"]?.string ?? ""
        try await arrive("H", "P", "Q", for: id)
        return id
    }

    /// Asks for a conference.
    func merge(_ others: [String] = ["Q"], host: String = "H") async throws -> (status: Int, body: JSONValue) {
        try await request(
            .post,
            Self.path,
            body: ["host_call_id": .string(host), "participant_call_ids": .array(others.map(JSONValue.string))]
        )
    }

    /// A REST request with the token of a user.
    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        token: String = "host",
        body: JSONValue? = nil
    ) async throws -> (status: Int, body: JSONValue) {
        let acl = ACL(["calld.users.me.#"])
        func identity(_ user: String?) -> Identity {
            Identity(tenant: Self.tenant, user: user.map { UserID($0) }, isMaster: false)
        }
        let identities = FakeIdentity([
            "host": (identity("host"), acl), "other": (identity("other"), acl), "nobody": (identity(nil), acl),
            "powerless": (identity("host"), ACL([])),
        ])
        let router = API.router(features: [conferences], authorizer: Authorizer(identities: identities))
        var headers: HTTPFields = [.contentType: "application/json"]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        let fields = headers
        let bytes = body.map { ByteBuffer(string: $0.text) }
        return try await Application(router: router, logger: Self.silent).test(.router) { client in
            let response = try await client.execute(
                uri: "/1.0\(path)",
                method: method,
                headers: fields,
                body: bytes
            )
            let data = Data(response.body.readableBytesView)
            return (response.status.code, data.isEmpty ? .null : try JSONValue(parsing: data))
        }
    }
}
