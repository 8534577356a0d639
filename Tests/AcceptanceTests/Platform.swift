import AMI
import Access
import Bus
import Core
import Events
import Foundation
import Logging
import Synchronization
import TandemLab
import TandemTesting
import Telephony

/// The platform around Tandem: fakes of wazo-auth, wazo-confd and wazo-agentd that hold the demonstration's users and
/// switchboards, a wazo-amid in front of the real Asterisk that also relays its manager events to the real bus, and
/// the shim for the Stasis events that stock Asterisk does not send there.
struct Platform: Sendable {
    let auth: FakeService
    let confd: FakeService
    let amid: FakeService
    let agentd: FakeService
    /// Two agents of the demonstration's tenant, 880 and 881.
    let agents: FakeAgentd
    let tokens: FakeAuth
    let world: FakeConfd
    /// The real Asterisk's manager interface.
    let manager: AMIClient
    private let publisher: RabbitMQPublisher
    private let shim: StasisBusShim
    private let running: Task<Void, any Error>
    private let folder: URL
    private let lab: LabEnvironment

    private static let logger = Logger(label: "platform") { _ in SwiftLogNoOpLogHandler() }

    static func start(_ lab: LabEnvironment) async throws -> Platform {
        let tokens = try FakeAuth()
        let world = try FakeConfd()
        world.acceptAnyToken()
        for tenant in [Demo.tenant, Demo.otherTenant] {
            tokens.addTenant(TenantID(tenant), below: FakeConfd.master)
            world.addTenant(TenantID(tenant))
        }
        try addDemonstration(to: world)
        let agents = FakeAgentd([880, 881].map { .init(id: $0, number: "\($0)", tenant: TenantID(Demo.tenant)) })
        let publisher = RabbitMQPublisher(
            configuration: BusConfiguration(host: "127.0.0.1", port: lab.amqpPort),
            logger: logger
        )
        let manager = AMIClient(
            configuration: AMIConfiguration(port: lab.managerPort, username: "tandem", secret: "tandem"),
            receiver: Relay(publisher),
            logger: logger
        )
        let folder = try lab.makeFolder("platform")
        try "service_id: calld\nservice_key: secret\n"
            .write(to: folder.appending(path: "key.yml"), atomically: true, encoding: .utf8)
        return Platform(
            auth: try await FakeService.start { tokens.answer($0) },
            confd: try await FakeService.start { world.answer($0) },
            amid: try await FakeAmid.start(onto: manager),
            agentd: try await FakeService.start { agents.answer($0) },
            agents: agents,
            tokens: tokens,
            world: world,
            manager: manager,
            publisher: publisher,
            shim: try await StasisBusShim.start(lab),
            running: Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await publisher.run() }
                    group.addTask { try await manager.run() }
                    try await group.waitForAll()
                }
            },
            folder: folder,
            lab: lab
        )
    }

    func stop() async {
        running.cancel()
        _ = await running.result
        for service in [auth, confd, amid, agentd] { await service.stop() }
        await shim.stop()
    }

    /// Top-level keys of the configuration.
    var settings: [String: JSONValue] {
        func service(_ fake: FakeService) -> [String: JSONValue] {
            ["host": "127.0.0.1", "port": .integer(Int64(fake.port)), "timeout": 2]
        }
        return [
            "mode": "platform",
            "user": nil,
            "auth": .object(
                service(auth).merging(["key_file": .string(folder.appending(path: "key.yml").path)]) { $1 }
            ),
            "confd": .object(service(confd)),
            "amid": .object(service(amid)),
            "agentd": .object(service(agentd)),
            "ari": [
                "connection": [
                    "base_url": .string("http://127.0.0.1:\(shim.port)"), "username": "tandem", "password": "tandem",
                ]
            ],
        ]
    }

    /// Removes a switchboard and tells it on the bus, as confd does.
    func deleteSwitchboard(_ id: String) async throws {
        world.change { world in world["switchboards"]?.removeAll { $0["uuid"]?.string == id } }
        let body: JSONValue = ["name": "switchboard_deleted", "data": ["uuid": .string(id)]]
        try await publisher.publish([
            BusMessage(
                resource: "confd",
                routingKey: "config.switchboards.\(id).deleted",
                headers: ["name": "switchboard_deleted", "switchboard_uuid": .string(id)],
                body: body.text
            )
        ])
    }

    /// Makes, changes or removes an application and tells it on the bus, as confd does.
    /// - Parameter verb: `created`, `edited` or `deleted`.
    func application(
        _ id: String,
        _ verb: String,
        destination: JSONValue = .null,
        tenant: String = Demo.tenant
    ) async throws {
        let application: JSONValue = [
            "uuid": .string(id), "tenant_uuid": .string(tenant), "name": "Platform", "destination": destination,
            "destination_options": destination == .null ? [:] : ["type": "holding", "answer": true],
        ]
        world.change { world in
            world["applications"]?.removeAll { $0["uuid"]?.string == id }
            if verb != "deleted" { world["applications", default: []].append(application) }
        }
        try await tell("application_\(verb)", key: "config.applications.\(verb)", application)
    }

    /// Tells that a tenant was deleted, as wazo-auth does; confd keeps its objects for now.
    func tenantDeleted(_ tenant: String) async throws {
        try await tell("auth_tenant_deleted", key: "auth.tenants.\(tenant).deleted", ["uuid": .string(tenant)])
    }

    private func tell(_ name: String, key: String, _ data: JSONValue) async throws {
        let body: JSONValue = ["name": .string(name), "data": data]
        try await publisher.publish([
            BusMessage(resource: "platform", routingKey: key, headers: ["name": .string(name)], body: body.text)
        ])
    }

    /// A client's token that wazo-auth knows from now on.
    func token(tenant: String, user: String?, acl: [String]) -> String {
        let id = UUID().uuidString.lowercased()
        let list = ACL(acl, me: user)
        tokens.add(
            FakeAuth.Token(
                document: [
                    "token": .string(id), "auth_id": user.map(JSONValue.string) ?? .null,
                    "acl": .array(acl.map(JSONValue.string)), "utc_expires_at": "2099-01-01T00:00:00.000000",
                    "metadata": ["uuid": user.map(JSONValue.string) ?? .null, "tenant_uuid": .string(tenant)],
                ]
            ) { list.grants($0) }
        )
        return id
    }

    /// Users, lines and switchboards of sql/demo, in confd's bodies.
    private static func addDemonstration(to confd: FakeConfd) throws {
        let user = try GoldenBodies.body("confd.user")
        let switchboard = try GoldenBodies.body("confd.switchboard")
        var group = try GoldenBodies.body("confd.group").object ?? [:]
        for (key, value) in ["id": 880, "name": "tandem-group", "tenant_uuid": .string(Demo.tenant)]
            as [String: JSONValue]
        {
            group[key] = value
        }
        let people = [(Demo.alice, "alice", 1), (Demo.bob, "bob", 2), (Demo.carol, "carol", 3)]
        let boards = [
            (Demo.switchboardA, Demo.tenant), (Demo.switchboardB, Demo.tenant),
            (Demo.otherSwitchboard, Demo.otherTenant),
        ]
        let jack: JSONValue = .string(Demo.Office.Phone.jack.uuid)
        confd.change { [group] world in
            world["groups", default: []].append(.object(group))
            world["voicemails", default: []].append([
                "id": 2, "tenant_uuid": .string(Demo.tenant), "name": "Jack Jones", "number": "1106",
                "context": "default", "accesstype": "personal", "users": [["uuid": jack]],
            ])
            world["users", default: []].append([
                "id": 116, "uuid": jack, "tenant_uuid": .string(Demo.tenant), "firstname": "Jack", "lastname": "Jones",
                "lines": [], "voicemail": ["id": 2, "name": "Jack Jones"],
            ])
            for (id, name, number) in people {
                var line = user["lines"]?.array?.first?.object ?? [:]
                line["id"] = .integer(Int64(number))
                line["name"] = .string(name)
                line["tenant_uuid"] = .string(Demo.tenant)
                line["context"] = "default"
                var members = user.object ?? [:]
                members["id"] = .integer(Int64(100 + number))
                members["uuid"] = .string(id)
                members["tenant_uuid"] = .string(Demo.tenant)
                members["lines"] = [.object(line)]
                world["users", default: []].append(.object(members))
                world["lines", default: []].append(.object(line))
            }
            world["switchboards"] = boards.map { id, tenant in
                var members = switchboard.object ?? [:]
                members["uuid"] = .string(id)
                members["tenant_uuid"] = .string(tenant)
                members["queue_music_on_hold"] = "default"
                return .object(members)
            }
        }
    }

    /// Publishes manager events as wazo-amid does.
    private struct Relay: ManagerEventReceiving {
        private let publisher: RabbitMQPublisher
        init(_ publisher: RabbitMQPublisher) { self.publisher = publisher }
        func wants(_ name: String) -> Bool { ManagerEventNames.consumed.contains(name) }
        func receive(_ event: ManagerEvent) async {
            let body = FakeAmid.busBody(of: event)
            try? await publisher.publish([
                BusMessage(
                    resource: "ami",
                    routingKey: "ami.\(event.name)",
                    headers: ["name": .string(event.name)],
                    body: body.text
                )
            ])
        }
        func managerConnected() async {}
        func managerDisconnected() async {}
    }
}
