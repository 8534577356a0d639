public import Core
public import Hummingbird

/// `GET /1.0/status` (contract 00 §9.1): each component says how it is; never a 5xx for a failing one.
public struct StatusRoutes: RouteProviding {
    /// A component's own report, for instance `{"status": "ok"}`; it answers quickly.
    public typealias Report = @Sendable () async -> JSONValue
    private let components: [String: Report]

    /// The reports by their key in the answer.
    public init(components: [String: Report]) { self.components = components }

    /// `{"status": "ok"}` or `{"status": "fail"}`.
    public static func status(_ isOK: Bool) -> JSONValue { ["status": isOK ? "ok" : "fail"] }

    /// Adds the route.
    public func addRoutes(to group: RouterGroup<APIContext>, authorizer: Authorizer) {
        group.get("status") { request, _ in
            // The one route that must answer while the tokens' own store is away.
            _ = try await authorizer.identity(of: request, for: "calld.status.read", duringOutage: true)
            return await self.report()
        }
    }

    private func report() async -> JSONResponse {
        await withTaskGroup(of: (String, JSONValue).self) { group in
            for (name, report) in components {
                group.addTask { (name, await report()) }
            }
            var body: [String: JSONValue] = ["plugins": [:]]
            for await (name, value) in group { body[name] = value }
            return JSONResponse(.object(body))
        }
    }
}
