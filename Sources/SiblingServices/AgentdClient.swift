public import Core
public import ServiceClient
public import Telephony

/// wazo-agentd (contract 38 §5, 41 §2): it keeps the logins and makes agents members of their queues.
public struct AgentdClient: AgentSessions {
    /// Characters of agentd's message that a log is told at most.
    private static let longestMessage = 300
    private let client: ServiceClient

    /// - Parameter client: Client of agentd, version 1.0, with the service's own token.
    public init(client: ServiceClient) { self.client = client }

    /// `POST /agents/by-id/<id>/login`
    public func logIn(_ agent: Int, tenant: TenantID, at place: AgentPlace) async throws {
        var body: [String: JSONValue] = ["extension": .string(place.exten), "context": .string(place.context)]
        // agentd refuses a null.
        if let endpoint = place.endpoint, !endpoint.isEmpty { body["endpoint"] = .string(endpoint) }
        _ = try await ask(.post, agent, "login", tenant: tenant, body: .object(body))
    }

    /// `POST /agents/by-id/<id>/logoff`
    public func logOff(_ agent: Int, tenant: TenantID) async throws {
        _ = try await ask(.post, agent, "logoff", tenant: tenant)
    }

    /// `GET /agents/by-id/<id>`
    public func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool {
        let answer = try await ask(.get, agent, nil, tenant: tenant)
        guard let isLoggedIn = (try? answer.json())?["logged"], case .bool(let value) = isLoggedIn else {
            throw AgentSessionFailure.other("agentd does not tell whether the agent is logged in")
        }
        return value
    }

    private func ask(
        _ method: ServiceRequest.Method,
        _ agent: Int,
        _ action: String?,
        tenant: TenantID,
        body: JSONValue? = nil
    ) async throws -> ServiceAnswer {
        var request = ServiceRequest(method, ["agents", "by-id", "\(agent)"] + (action.map { [$0] } ?? []))
        request.tenant = tenant
        request.body = body
        let answer: ServiceAnswer
        do {
            answer = try await client.send(request)
        } catch let failure as ServiceFailure {
            throw AgentSessionFailure.other("agentd: \(failure)")
        }
        guard !answer.isSuccess else { return answer }
        throw Self.failure(answer)
    }

    /// The texts are contractual (38 §5). A refused token's text is left out: it could quote the token.
    private static func failure(_ answer: ServiceAnswer) -> AgentSessionFailure {
        guard answer.status != 401, answer.status != 403, let text = (try? answer.json())?["error"]?.string else {
            return .other("agentd: status \(answer.status)")
        }
        return switch text {
        case "already logged": .alreadyLoggedIn
        case "extension and context already in use": .placeTaken
        case "not logged in": .notLoggedIn
        default: .other("agentd: status \(answer.status): \(text.prefix(longestMessage))")
        }
    }
}
