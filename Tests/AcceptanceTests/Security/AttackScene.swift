import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// A house with something to steal: a talk, a queued caller, an application with a call and a node, a message, a fax;
/// and everybody who might knock.
struct AttackScene: Sendable {
    /// Who sends a request.
    enum Attacker: String, CaseIterable, Sendable {
        case nobody = "no token"
        case stranger = "a token without access"
        case other = "a token of another tenant"
        // These may change something of the house: they come last.
        case user = "a user's token"
        case tenant = "a token of the tenant"
        case master = "a token of the master tenant"
    }

    let canaries: CanaryScene
    let talk: Scene.OfficeTalk
    let application: String
    let node: String
    /// A call of the application.
    let applicationCall: String
    let queuedCall: String
    let message: String
    let fax: String
    /// What only the other tenant knows: the name of its application.
    static let foreignName = "known to the other tenant alone"
    /// The other tenant's application.
    let foreignApplication: String
    private let clients: [String: RESTClient]
    /// Every token in use.
    let tokens: [String]

    var scene: Scene { canaries.scene }

    /// A dialplan that answers: what an attacker's phone would do.
    private static let phones = """

        [attackers-phone]
        exten => short,1,Answer()
         same => n,Wait(5)
         same => n,Hangup()
        exten => long,1,Answer()
         same => n,Wait(1200)
         same => n,Hangup()
        """

    /// Lines of two users that answer by themselves: Mia's for long, Nina's not.
    private static let lines = [(Demo.Office.Phone.mia, "long"), (.nina, "short")]

    /// Builds the house, plays, and looks at its end whether a canary was touched.
    static func play(_ body: (AttackScene) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let folders = try (lab.makeFolder("faxes"), lab.makeFolder("sent-faxes"))
        let overrides: [String: JSONValue] = [
            "log_level": "info",
            "faxes": ["spool": .string(folders.0.path), "sent_folder": .string(folders.1.path)],
        ]
        try await CanaryScene.play(extra: phones, overrides) { canaries in
            let scene = canaries.scene
            for (phone, exten) in lines { try await scene.setLine(of: phone, to: "Local/\(exten)@attackers-phone") }
            let outcome: Result<Void, any Error>
            do {
                let house = try await furnish(canaries)
                try await body(house)
                try await scene.ari.hangUpAll()
                try await scene.leave(house.talk.erin)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            for (phone, _) in lines { try await scene.setLine(of: phone, to: nil) }
            _ = try await scene.database.rows(
                "DELETE FROM application WHERE tenant_uuid IN ('\(Demo.tenant)', '\(Demo.otherTenant)') "
                    + "AND uuid <> '60000000-0000-4000-8000-000000000001'"
            )
            try outcome.get()
        }
    }

    private static func furnish(_ canaries: CanaryScene) async throws -> AttackScene {
        let scene = canaries.scene
        scene.emptyMailbox(Scene.box)
        let talk = try await scene.officeTalk()
        let own = try await scene.rest.post("/applications", ["name": "house"])
        let application = try #require(own.body?["uuid"]?.string, "\(own.text)")
        let made = try await scene.rest.post(
            "/applications/\(application)/calls",
            ["exten": .string(Demo.Office.Phone.mia.number), "context": "default"]
        )
        let call = try #require(made.body?["id"]?.string, "\(made.text)")
        let node = try await eventually("the call is in a node") {
            try await scene.rest.post("/applications/\(application)/nodes", ["calls": [["id": .string(call)]]])
                .body?["uuid"]?.string
        }
        try await scene.ari.originate(
            "Local/long@attackers-phone",
            channel: "attack-queued",
            to: Demo.didOfSwitchboardA,
            in: "from-extern"
        )
        let queued = try await eventually("the call is queued") { try await scene.queued().first }
        try await scene.leaveMessage()
        let message = try await eventually("the message is listed") {
            try await scene.messages(as: try await scene.jack()).first
        }
        let faxed = try await scene.rest.send(
            "POST",
            "/faxes?context=default&extension=1102",
            bytes: PDFDocument.make(pages: 1),
            mediaType: "application/pdf"
        )
        let fax = try #require(faxed.body?["id"]?.string, "\(faxed.text)")
        _ = try await eventually("the fax has ended", within: .seconds(30)) {
            let shown = try await scene.rest.get("/faxes/\(fax)")
            return shown.body?["error"]?.string != nil ? true : nil
        }
        let clients = try await makeClients(scene)
        let other = try #require(clients[Attacker.other.rawValue])
        let foreign = try await other.post("/applications", ["name": .string(foreignName)])
        return AttackScene(
            canaries: canaries,
            talk: talk,
            application: application,
            node: node,
            applicationCall: call,
            queuedCall: queued,
            message: message,
            fax: fax,
            foreignApplication: try #require(foreign.body?["uuid"]?.string, "\(foreign.text)"),
            clients: clients,
            tokens: clients.values.compactMap { $0.headers["X-Auth-Token"] }
        )
    }

    /// Clients by the attacker's name; those of a user by the user's.
    private static func makeClients(_ scene: Scene) async throws -> [String: RESTClient] {
        let tandem = scene.tandem
        func client(_ tenant: String, _ user: String?, _ access: String, isMaster: Bool = false) async throws
            -> RESTClient
        {
            tandem.rest.with(
                token: try await tandem.createToken(tenant: tenant, user: user, acl: [access], isMaster: isMaster)
            )
        }
        var clients = [Attacker.nobody.rawValue: tandem.rest]
        clients[Attacker.stranger.rawValue] = try await client(Demo.tenant, Demo.bob, "calld.nothing")
        clients[Attacker.tenant.rawValue] = try await client(Demo.tenant, nil, "calld.#")
        clients[Attacker.other.rawValue] = try await client(Demo.otherTenant, UUID().uuidString.lowercased(), "calld.#")
        clients[Attacker.master.rawValue] = try await client(Demo.otherTenant, nil, "calld.#", isMaster: true)
        for phone in [Demo.Office.Phone.kim, .jack, .nina] {
            clients[phone.rawValue] = try await client(Demo.tenant, phone.uuid, "calld.users.me.#")
        }
        return clients
    }

    /// The client with which somebody attacks an operation. Users own what `users/me` is about there.
    func client(_ attacker: Attacker, at operation: APIDocument.Operation) throws -> RESTClient {
        let user: Demo.Office.Phone =
            if operation.path.contains("/voicemails") {
                .jack
            } else if operation.description == "POST /users/me/calls" {
                .nina
            } else {
                .kim
            }
        return try #require(clients[attacker == .user ? user.rawValue : attacker.rawValue])
    }

    /// What an operation takes: ids of the house.
    func good(for operation: APIDocument.Operation) -> [String: JSONValue] {
        var call = talk.kimsChannel
        if operation.path.hasPrefix("/applications") { call = applicationCall }
        if operation.path.hasPrefix("/switchboards") { call = queuedCall }
        let texts = [
            "application_uuid": application, "node_uuid": node, "call_id": call, "fax_id": fax, "message_id": message,
            "switchboard_uuid": Demo.switchboardA, "moh_uuid": UUID().uuidString, "greeting": "unavailable",
            "user_uuid": Demo.Office.Phone.nina.uuid, "user": Demo.Office.Phone.nina.uuid,
            "exten": Demo.Office.Phone.nina.number, "extension": Demo.Office.Phone.nina.number, "context": "default",
            "initiator_call": talk.kimsChannel, "transferred_call": talk.erinsChannel, "host_call_id": talk.kimsChannel,
            "one of participant_call_ids": talk.erinsChannel, "id": applicationCall,
            "snooping_call_id": applicationCall,
            "digits": "1", "uri": "tone:1600", "language": "en_US", "contact": "x", "destination_node": node,
            "caller_id": "Fax <1>", "names": "call_created",
        ]
        var good = texts.mapValues(JSONValue.string)
        for name in ["voicemail_id", "folder_id"] {
            good[name] = name == "voicemail_id" ? .integer(Int64(Scene.boxID)) : 1
        }
        for name in ["parking_id", "priority", "line_id"] { good[name] = 1 }
        good["timeout"] = 5
        return good
    }

    /// What only this tenant may see.
    var secrets: [String] {
        [talk.kimsChannel, talk.erinsChannel, application, node, applicationCall, queuedCall, message, fax]
    }
}

extension Scene {
    /// Gives a user a custom line; `nil`: the SIP line is theirs again.
    fileprivate func setLine(of phone: Demo.Office.Phone, to interface: String?) async throws {
        guard let interface else {
            _ = try await database.rows(
                """
                UPDATE linefeatures SET endpoint_custom_id = NULL, name = '\(phone.rawValue)',
                    endpoint_sip_uuid = (SELECT uuid FROM endpoint_sip WHERE name = '\(phone.rawValue)')
                WHERE id = \(phone.id);
                DELETE FROM usercustom WHERE name = '\(phone.rawValue)'
                """
            )
            return
        }
        _ = try await database.rows(
            """
            WITH made AS (
                INSERT INTO usercustom (tenant_uuid, name, context, interface, category)
                VALUES ('\(Demo.tenant)', '\(phone.rawValue)', 'default', '\(interface)', 'user')
                ON CONFLICT (interface, intfsuffix, category) DO UPDATE SET name = excluded.name RETURNING id)
            UPDATE linefeatures SET endpoint_sip_uuid = NULL, endpoint_custom_id = (SELECT id FROM made),
                name = '\(interface)'
            WHERE id = \(phone.id)
            """
        )
    }
}
