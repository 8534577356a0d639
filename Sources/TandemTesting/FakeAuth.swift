public import Core
import Foundation
import NIOConcurrencyHelpers

/// wazo-auth's token routes as contract 38 §1.1 has them, over a table of tokens and a tree of tenants.
public final class FakeAuth: Sendable {
    /// A token that it knows.
    public struct Token: Sendable {
        /// The `data` of its document.
        public var document: JSONValue
        /// Decides about a required access.
        public var grants: @Sendable (String) -> Bool

        /// A token with its parts.
        public init(document: JSONValue, grants: @escaping @Sendable (String) -> Bool) {
            self.document = document
            self.grants = grants
        }
    }

    private struct State {
        var tokens: [String: Token] = [:]
        var parents: [String: String] = [:]
        var credentials = ("calld", "secret")
        var granted = 0
        var service: JSONValue
        /// Refresh tokens and sessions, by user.
        var applications: [String: Applications] = [:]
    }
    struct Applications: Sendable {
        var tokens: [JSONValue] = []
        var sessions: [JSONValue] = []
    }
    private let state: NIOLockedValueBox<State>

    /// A fake that grants the golden service token to `calld`/`secret` and knows the golden tenants.
    /// - Throws: when the golden bodies cannot be read.
    public init() throws {
        let document = try GoldenBodies.body("auth.token.service")["data"] ?? .null
        state = NIOLockedValueBox(State(service: document))
        for tenant in try GoldenBodies.body("auth.tenants")["items"]?.array ?? [] {
            guard let id = tenant["uuid"]?.string, let parent = tenant["parent_uuid"]?.string else { continue }
            state.withLockedValue { $0.parents[id] = parent }
        }
    }

    /// Knows a token from now on.
    public func add(_ token: Token) {
        guard let id = token.document["token"]?.string else { return }
        state.withLockedValue { $0.tokens[id] = token }
    }

    /// Knows a further tenant from now on.
    public func addTenant(_ tenant: TenantID, below parent: TenantID) {
        state.withLockedValue { $0.parents[tenant.rawValue] = parent.rawValue }
    }

    /// Forgets a token: it is revoked.
    public func remove(_ token: String) { state.withLockedValue { $0.tokens[token] = nil } }

    /// Who is granted a service token from now on.
    public func setCredentials(_ username: String, _ password: String) {
        state.withLockedValue { $0.credentials = (username, password) }
    }

    /// Service tokens granted so far.
    public var granted: Int { state.withLockedValue { $0.granted } }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        if parts.count == 4, parts[0] == "0.1", parts[1] == "users" { return userPart(request, parts) }
        guard parts.count >= 2, parts[0] == "0.1", parts[1] == "token" else { return .init(404) }
        if parts.count == 2, request.method == "POST" { return grant(request) }
        guard parts.count == 3, UUID(uuidString: parts[2]) != nil else { return .init(404) }
        guard let token = state.withLockedValue({ $0.tokens[parts[2]] }) else {
            return Self.error(404, "No such token")
        }
        if let scope = request.query["scope"], !scope.isEmpty, !token.grants(scope) {
            return Self.error(403, "Unauthorized for \(scope)")
        }
        if let tenant = request.query["tenant"], !tenant.isEmpty, !reaches(token, tenant) {
            return Self.error(403, "Unauthorized tenant \(tenant)")
        }
        return request.method == "HEAD" ? .init(204) : .init(200, ["data": token.document])
    }

    /// Changes the applications of a user whom it knows from then on.
    func change(applicationsOf user: String, _ body: (inout Applications) -> Void) {
        state.withLockedValue { body(&$0.applications[user, default: Applications()]) }
    }

    /// The applications of a user, when the token may ask for them; else the refusal.
    func applications(
        of user: String,
        for request: FakeService.Request,
        access: String
    ) -> Result<Applications, Refusal> {
        state.withLockedValue { state in
            guard let token = state.tokens[request.headers["x-auth-token"] ?? ""], token.grants(access) else {
                return .failure(Refusal(answer: Self.error(401, "Unauthorized")))
            }
            guard let found = state.applications[user] else {
                return .failure(Refusal(answer: Self.error(404, "No such user")))
            }
            return .success(found)
        }
    }

    struct Refusal: Error {
        var answer: FakeService.Answer
    }

    private func reaches(_ token: Token, _ tenant: String) -> Bool {
        guard let own = token.document["metadata"]?["tenant_uuid"]?.string else { return false }
        let parents = state.withLockedValue { $0.parents }
        var current = tenant
        while current != own {
            guard let parent = parents[current], parent != current else { return false }
            current = parent
        }
        return parents[tenant] != nil
    }

    private func grant(_ request: FakeService.Request) -> FakeService.Answer {
        let (username, password) = state.withLockedValue { $0.credentials }
        let expected = "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
        guard request.headers["authorization"] == expected else { return Self.error(401, "Authentication Failed") }
        let life = request.json?["expiration"]?.integer ?? 7_200
        let document = state.withLockedValue { state -> JSONValue in
            state.granted += 1
            guard case .object(var document) = state.service else { return .null }
            let end = Date(timeIntervalSinceNow: Double(life)).ISO8601Format(.init(includingFractionalSeconds: false))
            let id = "f0000000-0000-4000-8000-" + String(format: "%012d", state.granted)
            document["token"] = .string(id)
            document["utc_expires_at"] = .string(end.replacing("Z", with: ".000000"))
            state.tokens[id] = Token(document: .object(document)) { _ in true }
            return .object(document)
        }
        return .init(200, ["data": document], headers: ["Wazo-Sessions-Revoked": "0"])
    }

    static func error(_ status: Int, _ reason: String) -> FakeService.Answer {
        .init(
            status,
            [
                "reason": [.string(reason)],
                "timestamp": [.number(Date().timeIntervalSince1970)],
                "status_code": .integer(Int64(status)),
            ]
        )
    }
}
