import Core
import Synchronization

/// A wazo-dird that knows names of numbers (contract 38 §6). Put it behind a ``FakeService``.
public final class FakeDird: Sendable {
    /// The service token that it takes.
    public static let token = "f0000000-0000-4000-8000-000000000001"
    private let names: Mutex<[String: String]>

    /// One that knows these names by number.
    public init(_ names: [String: String]) { self.names = Mutex(names) }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        guard request.path == "/0.1/graphql", request.method == "POST" else { return .init(404) }
        guard request.headers["x-auth-token"] == Self.token else {
            // A real one quotes the token: no client may take this over.
            return (try? GoldenBodies.body("dird.errors")).map { .init(200, $0) } ?? .init(500)
        }
        let variables = request.json?["variables"]
        guard request.json?["query"]?.string?.contains("wazoReverse") == true, variables?["uuid"]?.string != nil,
            let extens = variables?["extens"]?.array?.compactMap(\.string)
        else { return .init(400, ["errors": [["message": "malformed"]]]) }
        let edges = names.withLock { names in
            extens.map { exten -> JSONValue in
                ["node": names[exten].map { ["wazoReverse": .string($0)] } ?? .null]
            }
        }
        return .init(200, ["data": ["user": ["contacts": ["edges": .array(edges)]]]])
    }
}
