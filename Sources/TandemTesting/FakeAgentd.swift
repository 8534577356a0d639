public import Core
import Synchronization

/// A wazo-agentd (contract 38 §5) that remembers who is logged in where. Put it behind a ``FakeService``.
public final class FakeAgentd: Sendable {
    /// An agent.
    public struct Agent: Sendable, Hashable {
        /// His id.
        public var id: Int
        /// His number.
        public var number: String
        /// His tenant: requests of another one do not see him.
        public var tenant: TenantID
        /// Number of the phone that he is logged in at; `nil`: he is not.
        public var exten: String?
        /// Its context.
        public var context: String?
        /// The phone.
        public var stateInterface: String?

        /// An agent who is not logged in.
        public init(id: Int, number: String, tenant: TenantID) {
            self.id = id
            self.number = number
            self.tenant = tenant
        }
    }

    /// The service token that it takes.
    public static let token = "f0000000-0000-4000-8000-000000000001"
    private let agents: Mutex<[Int: Agent]>

    /// One that knows these agents.
    public init(_ agents: [Agent]) {
        self.agents = Mutex(Dictionary(uniqueKeysWithValues: agents.map { ($0.id, $0) }))
    }

    /// An agent as he is now.
    public subscript(id: Int) -> Agent? { agents.withLock { $0[id] } }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.starts(with: ["1.0", "agents", "by-id"]), (4...5).contains(parts.count), let id = Int(parts[3])
        else { return .init(404, ["message": "not found"]) }
        guard request.headers["x-auth-token"] == Self.token else {
            return Self.error(401, "invalid token or unauthorized")
        }
        let tenant = request.headers["wazo-tenant"] ?? ""
        return agents.withLock { agents in
            let known = agents[id].flatMap { $0.tenant.rawValue == tenant ? $0 : nil }
            switch (request.method, parts.count == 5 ? parts[4] : "") {
            case ("GET", ""): return known.map(Self.status) ?? Self.error(404, "no such agent")
            case ("POST", "login"):
                guard var agent = known else { return Self.error(404, "no such agent") }
                let answer = Self.logIn(&agent, request.json ?? .null, others: agents.values.filter { $0.id != id })
                agents[id] = agent
                return answer
            case ("POST", "logoff"):
                guard var agent = known, agent.exten != nil else { return Self.error(409, "not logged in") }
                (agent.exten, agent.context, agent.stateInterface) = (nil, nil, nil)
                agents[id] = agent
                return .init(204)
            default: return .init(405, ["message": "method not allowed"])
            }
        }
    }

    private static func logIn(_ agent: inout Agent, _ body: JSONValue, others: [Agent]) -> FakeService.Answer {
        let fields = body.object ?? [:]
        let isText = ["extension", "context", "endpoint"].filter { fields[$0] != nil && fields[$0]?.string == nil }
        let missing = ["extension", "context"].filter { fields[$0] == nil }
        guard isText.isEmpty && missing.isEmpty, let exten = fields["extension"]?.string,
            let context = fields["context"]?.string
        else { return error(400, "invalid fields: \((isText + missing).joined(separator: ", "))") }
        if agent.exten != nil { return error(409, "already logged") }
        if others.contains(where: { $0.exten == exten && $0.context == context }) {
            return error(409, "extension and context already in use")
        }
        agent.exten = exten
        agent.context = context
        agent.stateInterface = fields["endpoint"]?.string ?? "PJSIP/\(exten)"
        return .init(204)
    }

    private static func status(_ agent: Agent) -> FakeService.Answer {
        let isLoggedIn = agent.exten != nil
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let queue: JSONValue = [
            "id": 2, "name": "orders", "display_name": "Orders", "logged": true, "paused": false,
            "paused_reason": .null,
        ]
        return .init(
            200,
            [
                "id": .integer(Int64(agent.id)), "tenant_uuid": .string(agent.tenant.rawValue),
                "origin_uuid": "c0000000-0000-4000-8000-000000000000", "number": .string(agent.number),
                "logged": .bool(isLoggedIn), "paused": false, "paused_reason": .null,
                "extension": text(agent.exten), "context": text(agent.context),
                "state_interface": text(agent.stateInterface), "queues": isLoggedIn ? [queue] : [],
            ]
        )
    }

    private static func error(_ status: Int, _ text: String) -> FakeService.Answer {
        .init(status, ["error": .string(text)])
    }
}
