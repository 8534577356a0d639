import Core
import Events
import Foundation
import TandemLab
import TandemTesting

/// A scene in the office: Frank, who may use Leo's line beside his own, and Kim, who talks with him.
struct RelocateScene: Sendable {
    let scene: Scene
    /// Frank's first phone: 600 Hz.
    let first: SIPpPhone
    /// The phone of the other line: 1,000 Hz.
    let second: SIPpPhone
    /// Takes the call at the first phone.
    let answering: SIPpRun
    /// Frank's token.
    let rest: RESTClient
    let path = "/users/me/relocates"

    /// - Parameter owner: The user who gets the second line; Frank.
    static func play(
        _ way: Way = .standalone,
        line: Demo.Office.Phone,
        owner: Int = 12,
        _ body: @escaping (RelocateScene) async throws -> Void
    ) async throws {
        try await Scene.play(way) { scene in
            _ = try await scene.database.rows(
                "INSERT INTO user_line (user_id, line_id, main_user, main_line) "
                    + "VALUES (\(owner), \(line.id), false, false) ON CONFLICT DO NOTHING"
            )
            let frank = Demo.Office.Phone.frank
            let token =
                if let platform = scene.platform {
                    try platform.frank(with: [frank, line])
                } else {
                    try await scene.tandem.createToken(tenant: Demo.tenant, user: frank.uuid, acl: ["calld.#"])
                }
            let first = try await scene.phone(frank, tone: 600)
            let second = try await scene.phone(line)
            let relocating = RelocateScene(
                scene: scene,
                first: first,
                second: second,
                answering: try first.answer(),
                rest: scene.tandem.rest.with(token: token)
            )
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(relocating))
            } catch {
                outcome = .failure(error)
            }
            relocating.answering.stop()
            _ = try await scene.database.rows("DELETE FROM user_line WHERE user_id = \(owner) AND line_id = \(line.id)")
            try? await scene.leave(first, second)
            try outcome.get()
        }
    }

    /// Kim calls Frank, who answers.
    func callFrank() async throws -> SIPpCaller {
        let kim = try await scene.dial("1102", as: .kim)
        try await kim.answered()
        try await answering.answered()
        return kim
    }

    /// The id of Frank's channel.
    func franksCall() async throws -> String {
        try await eventually("Frank's channel") {
            try await scene.ari.channels()
                .first { $0["name"]?.string?.hasPrefix("PJSIP/frank-") == true && $0["state"] == "Up" }?["id"]?.string
        }
    }

    /// Frank relocates his call.
    func request(_ destination: [String: JSONValue]) async throws -> RESTAnswer {
        let call: [String: JSONValue] = ["initiator_call": .string(try await franksCall())]
        return try await rest.post(path, .object(call.merging(destination) { $1 }))
    }

    /// Frank relocates his call.
    /// - Returns: The relocate's uuid.
    func begin(_ destination: [String: JSONValue]) async throws -> String {
        let reply = try await request(destination)
        guard reply.status == 201, let id = reply.body?["uuid"]?.string else {
            throw LabFailure.answer("\(reply.status) \(reply.text)")
        }
        return id
    }

    /// Frank's first phone is hung up.
    func frankIsHungUp() async throws { try await answering.hungUpByPeer() }
    /// Frank hangs his first phone up.
    func frankHangsUp() async throws { try await answering.hangUp() }

    /// Whether Kim and the second phone hear each other.
    func areTalking(_ caller: SIPpCaller) async -> Bool { await scene.areTalking(caller, second) }

    /// Rows of relocates.
    func storedRelocates() async throws -> String? {
        try await scene.database.value("SELECT count(*) FROM gateway.aggregate WHERE kind = 'relocate'")
    }

    /// Whether every channel stands in a bridge with another one; so too when there is none.
    func hasNobodyAlone() async throws -> Bool {
        let channels = Set(try await scene.ari.channels().compactMap { $0["id"]?.string })
        let talking = try await scene.ari.bridges()
            .map { $0["channels"]?.array?.compactMap(\.string) ?? [] }.filter { $0.count > 1 }
        return channels == Set(talking.joined())
    }

    /// Waits until exactly these events were heard, in this order.
    func expects(_ names: [String]) async throws {
        let expected = names.map { "relocate_\($0)" }
        do {
            _ = try await eventually("events", within: .seconds(20)) { await heard() == expected ? true : nil }
        } catch {
            throw LabFailure.tooLate("events are \(await heard()), not \(expected)")
        }
    }

    /// Names in order. At least once: after a kill a message may come again, right after itself.
    func heard() async -> [String] {
        let events = await scene.bus.deliveries.entries.filter { $0.name?.hasPrefix("relocate_") == true }
        let marks = events.map { ($0.name ?? "", $0.data?["uuid"]?.string ?? "") }
        return marks.indices.filter { $0 == 0 || marks[$0] != marks[$0 - 1] }.map { marks[$0].0 }
    }
}

extension Platform {
    /// Frank with these lines, as confd shows him.
    /// - Returns: A token of his.
    fileprivate func frank(with lines: [Demo.Office.Phone]) throws -> String {
        var members = try GoldenBodies.body("confd.user").object ?? [:]
        let golden = members["lines"]?.array?.first?.object ?? [:]
        let items = lines.map { phone in
            var line = golden
            line["id"] = .integer(Int64(phone.id))
            line["name"] = .string(phone.rawValue)
            line["tenant_uuid"] = .string(Demo.tenant)
            line["context"] = "default"
            return JSONValue.object(line)
        }
        members["id"] = 112
        members["uuid"] = .string(Demo.Office.Phone.frank.uuid)
        members["tenant_uuid"] = .string(Demo.tenant)
        members["lines"] = .array(items)
        let user = JSONValue.object(members)
        world.change { world in
            world["users", default: []].append(user)
            world["lines", default: []] += items
        }
        return token(tenant: Demo.tenant, user: Demo.Office.Phone.frank.uuid, acl: ["calld.#"])
    }
}
