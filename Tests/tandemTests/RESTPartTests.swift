import API
import Core
import Foundation
import FoundationNetworking
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TandemTesting
import Testing

@testable import tandem

@Suite("The ports of REST", .timeLimit(.minutes(1)))
struct RESTPartTests {
    private struct Answer: RouteProviding {
        let routes: [Route]
        init() { routes = [Route(open: .get, "/answer", "") { _ in .ok(["here": true]) }] }
    }

    /// A port that nobody listens on now.
    private func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        return port
    }

    private func status(_ port: Int, _ path: String) async throws -> Int? {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (_, response) = try await URLSession.shared.data(from: url)
        return (response as? HTTPURLResponse)?.statusCode
    }

    private func serving(_ rest: [String: JSONValue], _ body: () async throws -> Void) async throws {
        var tree = ConfigurationTree()
        tree.add(["mode": "standalone", "rest_api": .object(rest)], from: "test")
        let part = try RESTPart(
            try Settings(tree),
            identities: FakeIdentity([:]),
            routes: [Answer()],
            health: [HealthRoutes { [:] }, MetricsRoutes { "up 1" }],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in part.services { group.addTask { try await service.run() } }
            try await body()
            group.cancelAll()
        }
    }

    @Test("rest_api.health_listen: health and metrics are there and nowhere else, and nothing else is there")
    func ownPort() async throws {
        let (port, health) = (try await freePort(), try await freePort())
        let rest: [String: JSONValue] = [
            "listen": "127.0.0.1", "port": .integer(Int64(port)), "health_listen": .string("127.0.0.1:\(health)"),
        ]
        try await serving(rest) {
            try await eventually { (try? await status(health, "/health/live")) == 200 }
            try await eventually { (try? await status(port, "/1.0/answer")) == 200 }
            for path in ["/health/live", "/health/ready", "/metrics"] {
                #expect(try await status(health, path) == 200)
                #expect(try await status(port, path) == 404)
            }
            #expect(try await status(health, "/1.0/answer") == 404)
        }
    }

    @Test("without it everything is on one port")
    func onePort() async throws {
        let port = try await freePort()
        try await serving(["listen": "127.0.0.1", "port": .integer(Int64(port))]) {
            try await eventually { (try? await status(port, "/health/live")) == 200 }
            #expect(try await status(port, "/metrics") == 200)
            #expect(try await status(port, "/1.0/answer") == 200)
        }
    }
}
