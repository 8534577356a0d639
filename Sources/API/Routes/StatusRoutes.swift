public import Core

/// `GET /1.0/status` (contract 00 §9.1): each component says how it is; never a 5xx for a failing one.
public struct StatusRoutes: RouteProviding {
    /// A component's own report, for instance `{"status": "ok"}`; it answers quickly.
    public typealias Report = @Sendable () async -> JSONValue
    private let components: [String: Report]
    private let plugins: [String: Report]

    /// The reports by their key in the answer.
    /// - Parameters:
    ///   - components: What is told at the top.
    ///   - plugins: What features tell of themselves, below `plugins`.
    public init(components: [String: Report], plugins: [String: Report] = [:]) {
        self.components = components
        self.plugins = plugins
    }

    /// `{"status": "ok"}` or `{"status": "fail"}`.
    public static func status(_ isOK: Bool) -> JSONValue { ["status": isOK ? "ok" : "fail"] }

    /// The route; the one that must answer while the tokens' own store is away, and while the server is busy.
    public var routes: [Route] {
        Route(
            .get,
            "/status",
            access: "calld.status.read",
            "How the server and its neighbours are",
            answers: .ok(.map(of: .any)),
            options: [.duringOutage, .uncounted]
        ) { _ in
            var body = await Self.gather(components)
            body["plugins"] = .object(await Self.gather(plugins))
            return .ok(.object(body))
        }
    }

    private static func gather(_ reports: [String: Report]) async -> [String: JSONValue] {
        await withTaskGroup(of: (String, JSONValue).self) { group in
            for (name, report) in reports {
                group.addTask { (name, await report()) }
            }
            var body: [String: JSONValue] = [:]
            for await (name, value) in group { body[name] = value }
            return body
        }
    }
}
