import Core
import Events
import Foundation
import TandemLab
import Testing

/// An application in a scene, its calls and what clients hear of it.
struct ApplicationScene: Sendable {
    let scene: Scene
    /// The application's uuid.
    let id: String
    /// The number that leads into it from outside: sql/demo/office.sql.
    static let number = "5007"

    var path: String { "/applications/\(id)" }
    var rest: RESTClient { scene.rest }

    /// Starts Tandem with an application that is made over REST and reached by the number, and takes it away again.
    /// - Parameter options: Of the destination node; `nil`: there is none.
    static func play(options: JSONValue? = nil, _ body: (ApplicationScene) async throws -> Void) async throws {
        try await Scene.inOffice { scene in
            // Of a test that failed.
            _ = try await scene.database.rows("DELETE FROM application WHERE name IN ('Test', 'Without')")
            let application = try await make(in: scene, options: options)
            try await body(application)
            try await application.remove()
        }
    }

    /// Makes an application, and lets the number lead into it.
    static func make(in scene: Scene, options: JSONValue? = nil) async throws -> ApplicationScene {
        var order: [String: JSONValue] = ["name": "Test"]
        if let options {
            order["destination"] = "node"
            order["destination_options"] = options
        }
        let answer = try await scene.rest.post("/applications", .object(order))
        guard answer.status == 201, let id = answer.body?["uuid"]?.string else {
            throw LabFailure.answer("application: \(answer.status) \(answer.text)")
        }
        _ = try await scene.database.rows(
            "UPDATE dialaction SET actionarg1 = '\(id)' WHERE category = 'incall' AND categoryval = '17'"
        )
        return ApplicationScene(scene: scene, id: id)
    }

    /// Deletes the application; the number leads to the demo's one again.
    func remove() async throws {
        _ = try await scene.database.rows(
            """
            UPDATE dialaction SET actionarg1 = '60000000-0000-4000-8000-000000000001'
            WHERE category = 'incall' AND categoryval = '17'
            """
        )
        let answer = try await rest.delete(path)
        #expect(answer.status == 204, "\(answer.text)")
        #expect(try await rest.get(path).status == 404)
        #expect(try await storedRows() == "0", "no row is left")
    }

    func storedRows() async throws -> String? {
        try await scene.database.value(
            "select count(*) from gateway.aggregate where kind like 'application_%' and body->>'application' = '\(id)'"
        )
    }

    // MARK: Calls

    /// Somebody calls from outside; it is in the application when this returns.
    func caller(tone: Double = Scene.callersTone, from number: String = "0123456789") async throws -> (
        SIPpCaller, String
    ) {
        let start = await scene.bus.deliveries.entries.count
        let caller = try await SIPpCaller(dialling: Self.number, from: number, tone: tone, in: scene.lab)
        let entered = try await hears("application_call_entered", from: start)
        return (caller, try #require(entered.data?["call"]?["id"]?.string))
    }

    /// The same, answered.
    func answeredCaller(tone: Double = Scene.callersTone) async throws -> (SIPpCaller, String) {
        let (caller, call) = try await caller(tone: tone)
        try await does(.put, "calls/\(call)/answer", 204)
        try await caller.answered()
        return (caller, call)
    }

    enum Method { case get, put, post, delete }

    /// A request below the application's path.
    @discardableResult
    func does(_ method: Method, _ path: String, _ body: JSONValue? = nil, _ status: Int) async throws -> JSONValue {
        let target = path.isEmpty ? self.path : "\(self.path)/\(path)"
        let answer =
            switch method {
            case .get: try await rest.get(target)
            case .put: try await rest.put(target, body)
            case .post: try await rest.post(target, body)
            case .delete: try await rest.delete(target)
            }
        #expect(answer.status == status, "\(method) \(path): \(answer.status) \(answer.text)")
        return answer.body ?? .null
    }

    @discardableResult
    func does(_ method: Method, _ path: String, _ status: Int) async throws -> JSONValue {
        try await does(method, path, nil, status)
    }

    /// A request without a body that is refused.
    func isRefused(_ method: Method, _ path: String, _ status: Int, _ id: String) async throws {
        try await isRefused(method, path, nil, status, id)
    }

    /// A request that is refused.
    func isRefused(_ method: Method, _ path: String, _ body: JSONValue? = nil, _ status: Int, _ id: String) async throws
    {
        let answer = try await does(method, path, body, status)
        #expect(answer["error_id"]?.string == id, "\(method) \(path): \(answer.text)")
    }

    /// A call as the list shows it.
    func call(_ id: String) async throws -> JSONValue? {
        try await does(.get, "calls", 200)["items"]?.array?.first { $0["id"]?.string == id }
    }

    /// Members of a node; `nil` when there is none.
    func members(_ node: String) async throws -> [String]? {
        let answer = try await rest.get("\(path)/nodes/\(node)")
        return answer.status == 200 ? answer.body?["calls"]?.array?.compactMap { $0["id"]?.string } : nil
    }

    // MARK: Events

    /// The first event of a name of this application.
    @discardableResult
    func hears(
        _ name: String,
        from start: Int = 0,
        within limit: Duration = .seconds(10),
        where predicate: @escaping @Sendable (JSONValue) -> Bool = { _ in true }
    ) async throws -> BusDelivery {
        try await scene.bus.expect(name, from: start, within: limit) { [id] event in
            event.headers["application_uuid"]?.string == id && predicate(event.data ?? .null)
        }
    }

    /// What was told of the application so far, as `call_entered 17…`; a node is `node` or `other`.
    func told(about interesting: Set<String> = []) async -> [String] {
        await scene.bus.deliveries.entries.compactMap { event in
            guard event.headers["application_uuid"]?.string == id, let name = event.name else { return nil }
            let data = event.data ?? .null
            let what =
                data["call"]?["id"]?.string ?? data["call_id"]?.string ?? data["node"]?["uuid"]?.string
                ?? data["snoop"]?["uuid"]?.string ?? ""
            if !interesting.isEmpty, !interesting.contains(what) { return nil }
            return "\(name.dropFirst("application_".count)) \(what)"
        }
    }

    /// Waits until what was told of these ends with this.
    func tells(_ expected: [String], about interesting: Set<String>) async throws {
        do {
            _ = try await eventually("events") {
                await told(about: interesting).suffix(expected.count) == expected[...] ? true : nil
            }
        } catch {
            throw LabFailure.tooLate("told \(await told(about: interesting)), not \(expected)")
        }
    }
}
