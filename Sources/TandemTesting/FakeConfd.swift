public import Core
import Foundation
import Synchronization

/// A wazo-confd of the golden world (contract 38 §0.1): tenants M with T and S below it, and in T what the golden
/// bodies show. It answers what a real one answers to our questions (38 §2), its rules for tenants included.
/// Put it behind a ``FakeService``.
public final class FakeConfd: Sendable {
    /// The master tenant.
    public static let master = TenantID("a0000000-0000-4000-8000-000000000001")
    /// The tenant that owns everything.
    public static let tenant = TenantID("a0000000-0000-4000-8000-000000000002")
    /// A tenant beside it, which owns nothing.
    public static let sibling = TenantID("a0000000-0000-4000-8000-000000000003")
    /// The service token.
    public static let token = "f0000000-0000-4000-8000-000000000001"

    /// Objects by resource, in the order of lists, as they are sent.
    public typealias World = [String: [JSONValue]]

    private struct State {
        var world: World
        var tokens: Set<String>? = [FakeConfd.token]
        /// Below the master tenant.
        var tenants = [FakeConfd.tenant, FakeConfd.sibling]
    }
    private let state: Mutex<State>

    /// - Throws: when a golden body is missing.
    public init() throws { state = Mutex(State(world: try Self.goldenWorld())) }

    /// Changes what is in it.
    public func change(_ body: (inout World) -> Void) { state.withLock { body(&$0.world) } }

    /// The tokens that it takes from now on; others are answered with 401.
    public func accept(_ tokens: Set<String>) { state.withLock { $0.tokens = tokens } }

    /// Takes every token from now on.
    public func acceptAnyToken() { state.withLock { $0.tokens = nil } }

    /// A further tenant below the master tenant.
    public func addTenant(_ tenant: TenantID) { state.withLock { $0.tenants.append(tenant) } }

    /// Answers one request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.first == "1.1", parts.count >= 2 else { return .init(404, ["message": "not found"]) }
        let (world, tokens) = state.withLock { ($0.world, $0.tokens) }
        let path = Array(parts.dropFirst())
        if path[0] == "status" { return .init(200, world["status"]?.first) }
        if path[0] == "guests" { return guest(path, world) }
        guard tokens?.contains(request.headers["x-auth-token"] ?? "") ?? true else {
            // A real one may quote the token: no client may take this text over.
            return .init(401, [.string("Unauthorized - token \(request.headers["x-auth-token"] ?? "") is not valid")])
        }
        let header = request.headers["wazo-tenant"].map { TenantID($0) }
        if let header, visible(from: header).isEmpty { return .init(401, ["Unauthorized tenant"]) }
        if let answer = provision(request, path) { return answer }
        return FakeConfdRequest(request, path: path, scope: visible(from: header ?? Self.master), world: world)
            .answer { path, body in self.put(path, body) }
    }

    /// A tenant and all below it, itself first; empty when there is no such tenant.
    private func visible(from tenant: TenantID) -> [TenantID] {
        let children = state.withLock { $0.tenants }
        if tenant == Self.master { return [Self.master] + children }
        return children.contains(tenant) ? [tenant] : []
    }

    private func guest(_ path: [String], _ world: World) -> FakeService.Answer {
        if path.count == 4, path[1] == "me", path[2] == "meetings",
            let meeting = world["meetings"]?.first(where: { $0["uuid"]?.string == path[3] })
        {
            return .init(200, meeting)
        }
        if path.count == 6, path[4] == "authorizations",
            let found = world["authorizations"]?.first(where: { $0["uuid"]?.string == path[5] })
        {
            return .init(200, found)
        }
        return .init(404, ["Resource Not Found - Meeting was not found"])
    }

    /// Services and forwards of a user, the only objects that our gateway writes.
    private func put(_ path: [String], _ body: JSONValue) {
        state.withLock { state in
            guard let index = state.world["users"]?.firstIndex(where: { $0.isNamed(path[1]) }),
                case .object(var user)? = state.world["users"]?[index],
                case .object(var group)? = user[path[2]], let changes = body.object
            else { return }
            let named = path.count > 3 ? [path[3]: body] : changes
            for (name, change) in named {
                group[name] = .object((group[name]?.object ?? [:]).merging(change.object ?? [:]) { $1 })
            }
            user[path[2]] = .object(group)
            state.world["users"]?[index] = .object(user)
        }
    }
}

extension JSONValue {
    /// Whether this object has that uuid or number.
    func isNamed(_ text: String) -> Bool {
        self["uuid"]?.string == text || self["id"]?.integer.map { "\($0)" } == text || self["id"]?.string == text
    }
}
