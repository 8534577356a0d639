import Core
import Foundation
import Postgres
import Synchronization
import TandemLab
import TandemTesting
import Telephony

@testable import tandem

/// A database of its own with the demo's rows, as the server sees it: standalone, or with fakes of the platform's
/// services beside it. The server's role is that of sql/standalone/07-grants.sql.
struct DemoOffice {
    let database: TestDatabase
    private let folder: URL

    /// Makes one for `body`.
    static func use<Result: Sendable>(_ body: (DemoOffice) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "office-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let office = DemoOffice(database: database, folder: folder)
            try office.writeFiles()
            let demo = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql/demo")
                .standardized
            for name in ["demo.sql", "office.sql"] {
                let script = try String(contentsOf: demo.appending(path: name), encoding: .utf8)
                try await database.pool.session { try $0.run(script: script) }
            }
            return try await body(office)
        }
    }

    private func writeFiles() throws {
        let rules = "[national]\ncallerid = ^[1-9]\\d{8}$\nadd = 0\n"
        let tones = "[number]\n1101@default = phones\n[phones]\nextern = bellcore-dr3\nphonetype = snom\n"
        try rules.write(to: folder.appending(path: "callerid.conf"), atomically: true, encoding: .utf8)
        try tones.write(to: folder.appending(path: "ring.conf"), atomically: true, encoding: .utf8)
    }

    /// Settings of a server on it.
    /// - Parameter services: Port of the platform's services; `nil`: standalone.
    func settings(services: Int? = nil, user: String = "tandem") throws -> Settings {
        let uri = "postgresql://\(user)@127.0.0.1:\(database.port)/\(database.name)"
        var tree = ConfigurationTree()
        tree.add(
            [
                "mode": .string(services == nil ? "standalone" : "platform"), "db_uri": .string(uri),
                "agid": [
                    "in_callerid_file": .string(folder.appending(path: "callerid.conf").path),
                    "ring_tone_file": .string(folder.appending(path: "ring.conf").path),
                ],
            ],
            from: "test"
        )
        if let services {
            let place: JSONValue = ["host": "127.0.0.1", "port": .integer(Int64(services)), "prefix": nil]
            let names = ["amid", "confd", "agentd", "dird"]
            tree.add(.object(Dictionary(uniqueKeysWithValues: names.map { ($0, place) })), from: "test")
            tree.add(
                [
                    "auth": [
                        "host": "127.0.0.1", "port": .integer(Int64(services)), "prefix": nil, "username": "calld",
                        "password": "secret", "key_file": "/nonexistent",
                    ]
                ],
                from: "test"
            )
        }
        return try Settings(tree)
    }

    /// The demo's rows as they were, then those of a scenario.
    func reset(for scenario: Scenario? = nil) async throws {
        let rows = Self.asLoaded + (scenario?.rows ?? "")
        try await database.pool.session { try $0.run(script: rows) }
    }

    /// What star codes and agents change.
    private static let asLoaded = """
        DELETE FROM agent_login_status;
        DELETE FROM agent_membership_status;
        UPDATE callfiltermember SET active = 1;
        UPDATE userfeatures SET enablednd = (id = 16)::integer, incallfilter = 0,
            enablevoicemail = (voicemailid IS NOT NULL)::integer,
            enableunc = (id = 13)::integer, destunc = CASE id WHEN 13 THEN '1102' ELSE '' END,
            enablerna = (id = 15)::integer, destrna = CASE id WHEN 15 THEN '1101' ELSE '' END,
            enablebusy = 0, destbusy = '',
            call_record_outgoing_external_enabled = false, call_record_outgoing_internal_enabled = false,
            call_record_incoming_external_enabled = false, call_record_incoming_internal_enabled = false;
        """

    /// A word for all that star codes and agents change.
    func fingerprint() async throws -> String {
        let rows = try await database.pool.query(
            .read(
                """
                SELECT md5(concat_ws('#',
                    (SELECT string_agg(u::text, '|' ORDER BY id) FROM userfeatures AS u),
                    (SELECT string_agg(c::text, '|' ORDER BY id) FROM callfiltermember AS c),
                    (SELECT string_agg(concat_ws(',', agent_id, extension, context, interface, state_interface), '|'
                        ORDER BY agent_id) FROM agent_login_status),
                    (SELECT string_agg(m::text, '|' ORDER BY agent_id, queue_id) FROM agent_membership_status AS m)))
                """
            )
        )
        return try rows[0].value(0)
    }
}

/// wazo-auth, wazo-confd, wazo-agentd and wazo-dird of the demo's office, behind one port.
struct DemoPlatform {
    private let auth: FakeAuth
    private let agentd = FakeAgentd([.init(id: 1, number: "3001", tenant: TenantID(Scenario.tenant))])
    private let dird = FakeDird(["0123456789": "Demo"])

    init() throws { auth = try FakeAuth() }

    func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("1.1", _): return confd(request, Array(parts.dropFirst()))
        case ("1.0", "agents"): return agentd.answer(request)
        case ("0.1", "graphql"): return dird.answer(request)
        default: return auth.answer(request)
        }
    }

    private func confd(_ request: FakeService.Request, _ path: [String]) -> FakeService.Answer {
        func list(_ items: JSONValue...) -> FakeService.Answer {
            .init(200, ["items": .array(items), "total": .integer(Int64(items.count))])
        }
        switch (request.method, path.first, path.dropFirst(2).first) {
        case ("PUT", _, _): return .init(204)
        case ("HEAD", "users", "blocklist"): return .init(404)
        case (_, "users", "callerids"): return list(["type": "main", "number": "+33123456789"])
        case (_, "users", "services"): return .init(200, ["enabled": false])
        case (_, "users", "forwards"):
            let off: JSONValue = ["enabled": false, "destination": nil]
            return .init(200, ["busy": off, "noanswer": off, "unconditional": off])
        case (_, "groups", nil):
            return .init(200, ["id": 1, "name": "grp-demo-sales", "tenant_uuid": .string(Scenario.tenant)])
        case (_, "devices", nil): return list(["id": "device", "ip": "192.0.2.5"])
        case (_, "devices", _): return .init(204)
        default: return .init(404)
        }
    }
}

/// Asterisk's queues in memory.
final class DemoQueues: ManagerControlling {
    private let members = Mutex<Set<String>>([])

    /// `queue interface` each.
    var current: Set<String> { members.withLock { $0 } }
    func set(_ new: Set<String>) { members.withLock { $0 = new } }

    var isConnected: Bool { true }
    func command(_ line: String) async throws -> [String] { [] }

    func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        func field(_ name: String) -> String { action.fields.first { $0.name == name }?.value ?? "" }
        let member = "\(field("Queue")) \(field("Interface"))"
        members.withLock { members in
            if action.name == "QueueAdd" { members.insert(member) }
            if action.name == "QueueRemove" { members.remove(member) }
        }
        return [["Response": "Success"]]
    }
}
