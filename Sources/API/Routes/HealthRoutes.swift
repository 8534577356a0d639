import Core
import NIOCore

/// `GET /health/live` and `GET /health/ready`, ours, for supervisors: no token, no detail that an outsider
/// should not see, and an answer also from a busy server.
public struct HealthRoutes: RouteProviding {
    /// Whether each component is ready, by its name; answers quickly.
    public typealias Readiness = @Sendable () async -> [String: Bool]
    private let readiness: Readiness

    /// Routes that ask `readiness`.
    public init(readiness: @escaping Readiness) { self.readiness = readiness }

    /// The routes.
    public var routes: [Route] {
        Route(
            open: .get,
            "/health/live",
            "Whether the process serves requests",
            answers: .ok(.object(["status": .string])),
            options: [.outsideVersion, .uncounted]
        ) { _ in
            .ok(["status": "ok"])
        }
        Route(
            open: .get,
            "/health/ready",
            "Whether every component is ready; 503 while one is not",
            answers: .ok(.object(["status": .string, "components": .map(of: .boolean)])),
            options: [.outsideVersion, .uncounted]
        ) { _ in
            let components = await readiness()
            let isReady = components.values.allSatisfy { $0 }
            return APIResponse(
                [
                    "status": isReady ? "ok" : "fail",
                    "components": .object(components.mapValues(JSONValue.bool)),
                ],
                status: isReady ? 200 : 503
            )
        }
    }
}

/// `GET /metrics`, ours: the server's figures as text for Prometheus, without a token.
public struct MetricsRoutes: RouteProviding {
    private let text: @Sendable () async -> String

    /// A route that answers `text`, in Prometheus' exposition format 0.0.4.
    public init(text: @escaping @Sendable () async -> String) { self.text = text }

    /// The route.
    public var routes: [Route] {
        Route(
            open: .get,
            "/metrics",
            "The server's figures for Prometheus",
            answers: .bytes("text/plain"),
            options: [.outsideVersion, .uncounted]
        ) { _ in
            APIResponse(ByteBuffer(string: await text()), mediaType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }
}
