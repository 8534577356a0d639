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
import Synchronization
import TandemTesting
import Telephony

@testable import Calls

/// Calls on a fake Asterisk and a fake manager, with or without a registry.
struct CallBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let other = TenantID("10000000-0000-4000-8000-000000000002")
    static let master = TenantID("10000000-0000-4000-8000-000000000009")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    static let idle = UserID("20000000-0000-4000-8000-000000000004")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// What was published and measured.
    final class Journal: Sendable {
        private let state = Mutex<(events: [BusEvent], measurements: [CollectdMeasurement])>(([], []))
        var events: [BusEvent] { state.withLock { $0.events } }
        var measurements: [String] {
            state.withLock { $0.measurements }.map { "\($0.plugin)-\($0.pluginInstance) \($0.typeInstance)" }
        }
        func add(_ event: BusEvent) { state.withLock { $0.events.append(event) } }
        func add(_ measurement: CollectdMeasurement) { state.withLock { $0.measurements.append(measurement) } }
    }

    let asterisk = FakeAsterisk()
    let manager: FakeManager
    let clock = ManualClock()
    let directory: FakeDirectory
    let journal = Journal()
    let registry: CallRegistry?
    let calls: Calls

    init(
        hasRegistry: Bool = true,
        manager: FakeManager = FakeManager(),
        phones: PhoneWay = .notification,
        masterTenant: TenantID? = master
    ) {
        self.manager = manager
        directory = FakeDirectory(users: [
            UserRecord(
                id: Self.bob,
                tenant: Self.tenant,
                name: "Bob",
                lines: [
                    LineRecord(id: 1, context: "internal", endpoint: .sip(name: "bob")),
                    LineRecord(id: 2, context: "internal", endpoint: .sccp(name: "31702")),
                    LineRecord(id: 3, context: "internal", endpoint: .sip(name: "offline")),
                ],
                mobileNumber: "0612345678"
            ),
            UserRecord(id: Self.idle, tenant: Self.tenant, name: "Dave", lines: []),
        ])
        asterisk.setEndpoints([
            Endpoint(technology: "PJSIP", resource: "bob", state: "online"),
            Endpoint(technology: "PJSIP", resource: "offline", state: "offline"),
        ])
        registry =
            hasRegistry ? CallRegistry(channels: asterisk, bridges: asterisk, logger: Self.silent) : nil
        let journal = journal
        calls = Calls(
            ports: CallPorts(
                asterisk: asterisk,
                variables: LiveVariables(channels: asterisk, anyChannels: asterisk, pause: .milliseconds(1)),
                manager: manager,
                users: directory,
                destinations: Destinations(contexts: directory, manager: manager),
                phones: phones,
                registry: registry,
                cleanup: LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: Self.silent),
                publish: { journal.add($0) },
                measure: { journal.add($0) },
                masterTenant: { masterTenant },
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5_038, timeout: 5),
                clock: clock,
                logger: Self.silent
            )
        )
    }

    /// Runs the calls around `body`, connected to Asterisk.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await calls.run() }
            try await connect()
            try await body()
            group.cancelAll()
        }
    }

    func connect() async throws {
        await calls.registryReceiver?.feedConnected()
        try await calls.recover(
            from: AsteriskSnapshot(channels: try await asterisk.channels(), bridges: try await asterisk.bridges())
        )
    }

    // MARK: Asterisk

    /// A channel whose snapshot lists every variable.
    static func channel(_ id: String, _ variables: [String: String] = [:], state: String = "Up") -> Telephony.Channel {
        var all = Dictionary(uniqueKeysWithValues: CallVariable.allCases.map { ($0.name, "") })
        all["CHANNEL(linkedid)"] = "1"
        all["CHANNEL(channeltype)"] = "PJSIP"
        all["CHANNEL(videonativeformat)"] = "(nothing)"
        all.merge(variables) { $1 }
        var channel = Telephony.Channel(id: ChannelID(id), name: "PJSIP/\(id)-00000001", state: state, variables: all)
        channel.callerName = "Name \(id)"
        channel.callerNumber = "10\(id)"
        channel.creationTime = "2026-11-28T16:00:0\(id.count).000+0000"
        channel.createdAt = Date(timeIntervalSince1970: 1_700_000_000)
        channel.protocolID = "sip-\(id)"
        channel.place = DialplanPlace(context: "default", exten: "s")
        return channel
    }

    /// A channel of Bob's in the tenant.
    static func bobs(_ id: String, _ variables: [String: String] = [:], state: String = "Up") -> Telephony.Channel {
        channel(
            id,
            ["WAZO_TENANT_UUID": tenant.rawValue, "WAZO_USERUUID": bob.rawValue].merging(variables) { $1 },
            state: state
        )
    }

    /// Puts a channel there, and lets the registry hear of it.
    func put(_ channel: Telephony.Channel) async {
        asterisk.put(channel, variables: channel.variables.filter { !$0.value.isEmpty })
        await happen(.channelCreated(channel), "ChannelCreated", channel.id)
    }

    /// Puts channels into a bridge, and lets the registry hear of it.
    func bridge(_ name: String, _ channels: Telephony.Channel..., kind: Bridge.Kind = .mixing) async throws {
        try await asterisk.createBridge(BridgeID(name), kind: kind)
        var members: [ChannelID] = []
        for channel in channels {
            members.append(channel.id)
            try await asterisk.add(channel.id, to: BridgeID(name))
            let shown = Bridge(id: BridgeID(name), kind: kind, channels: members)
            await happen(.channelEnteredBridge(channel, shown), "ChannelEnteredBridge", channel.id)
        }
    }

    func hangUp(_ channel: Telephony.Channel, cause: Int = 16) async {
        asterisk.remove(channel.id)
        await happen(.channelDestroyed(channel, cause: cause), "ChannelDestroyed", channel.id)
    }

    /// An event of the registry's application, and of `callcontrol` where it is one of channels.
    func happen(
        _ kind: AsteriskEvent.Kind,
        _ type: String,
        _ id: ChannelID?,
        variable: String? = nil
    ) async {
        var head = EventHead(type: type, application: CallRegistry.applicationName, channel: id)
        head.variable = variable
        if let receiver = calls.registryReceiver, receiver.wants(head) {
            await receiver.receive(
                AsteriskEvent(kind, application: CallRegistry.applicationName, timestamp: clock.now),
                head: head
            )
        }
        await stasis(kind, type, id)
    }

    /// An event of an application.
    func stasis(
        _ kind: AsteriskEvent.Kind,
        _ type: String,
        _ id: ChannelID?,
        in application: String = "callcontrol",
        arguments: [String] = []
    ) async {
        let head = EventHead(type: type, application: application, channel: id, arguments: arguments)
        guard calls.wants(head) else { return }
        await calls.receive(AsteriskEvent(kind, application: application, timestamp: clock.now), head: head)
    }

    func set(_ name: String, _ value: String, _ channel: Telephony.Channel) async {
        await happen(
            .channelVariableSet(channel, name: name, value: value),
            "ChannelVarset",
            channel.id,
            variable: name
        )
    }

    /// A manager event.
    func tell(_ fields: KeyValuePairs<String, String>) async {
        var message = ManagerMessage()
        for (name, value) in fields { message.append(name, value) }
        guard let event = ManagerEvent(message), calls.wants(event.name) else { return }
        await calls.receive(event)
    }

    // MARK: What clients see

    /// Published events of a call, without `call_`.
    func story(_ id: String) -> [String] {
        journal.events.filter { $0.data["call_id"]?.string == id }.map { String($0.name.dropFirst("call_".count)) }
    }

    /// Waits until a call's events are these.
    func story(_ id: String, becomes expected: [String]) async throws {
        do {
            try await eventually(within: .seconds(15)) { story(id) == expected }
        } catch {
            throw Unexpected(text: "events of \(id): \(story(id)), not \(expected); \(asterisk.requests.suffix(20))")
        }
    }

    /// Requests to Asterisk since the beginning that are no look of the recovery.
    var requests: [String] { asterisk.requests.filter { !$0.hasPrefix("setAny") } }

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
            "service": (Identity(tenant: Self.tenant, user: nil, isMaster: false), Self.acl),
            "foreign": (Identity(tenant: Self.other, user: nil, isMaster: false), Self.acl),
            "master": (Identity(tenant: Self.master, user: nil, isMaster: true), Self.acl),
            "powerless": (Identity(tenant: Self.tenant, user: Self.bob, isMaster: false), ACL([])),
        ])
        let router = API.router(features: [calls], authorizer: Authorizer(identities: identities))
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        headers[.contentType] = "application/json"
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

    /// Ids of listed calls.
    func listed(_ path: String, token: String = "bob") async throws -> Set<String> {
        Set(try await order(of: path, token: token))
    }

    /// The calls of a list, in its order.
    func order(of path: String, token: String = "bob") async throws -> [String] {
        let reply = try await request(.get, path, token: token)
        return reply.body["items"]?.array?.compactMap { $0["call_id"]?.string } ?? ["status \(reply.status)"]
    }
}

struct Unexpected: Error { var text: String }
