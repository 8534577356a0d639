import Core
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import TandemTesting
import Testing

@testable import API

/// Opens once; those who wait go on.
private final class Latch: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)
    func open() { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}

@Suite("Clients that go away", .serialized, .timeLimit(.minutes(1)))
struct ClientConnectionTests {
    private static let head = "Host: x\r\nX-Auth-Token: good\r\n"

    private func serve(
        _ routes: TestRoutes,
        _ configuration: APIConfiguration = APIConfiguration(),
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let server = try API.application(
            router: APIBench(configuration: configuration, features: [routes]).router(),
            host: "127.0.0.1",
            port: 0,
            configuration: configuration,
            logger: APIBench.silent
        )
        try await server.test(.live) { tester in try await body(try #require(tester.port)) }
    }

    @Test("who answers bit by bit hears at once that the client has gone", arguments: ["end", "reset", "half"])
    func streams(way: String) async throws {
        let gone = Latch()
        let routes = TestRoutes {
            Route(.get, "/ticks", access: "calld.ticks.read", "") { request in
                let connection = request.connection
                return APIResponse(mediaType: "text/event-stream") { send in
                    try await send(ByteBuffer(string: ": begun\n\n"))
                    let left = Latch()
                    let watch = connection.onDeparture { left.open() }
                    await left.wait()
                    #expect(watch.isOver)
                    gone.open()
                }
            }
        }
        try await serve(routes) { port in
            let client = try await RawConnection.open(port: port)
            try await client.send("GET /1.0/ticks HTTP/1.1\r\n\(Self.head)\r\n")
            await client.wait(for: ": begun")
            switch way {
            case "end": await client.close()
            case "reset": await client.reset()
            default: await client.endInput()
            }
            await gone.wait()
            // The server has closed its side, too.
            await client.wait(for: nil)
        }
    }

    @Test("a request whose client leaves before it has a place is never done")
    func waiting() async throws {
        let (begun, open) = (Latch(), Latch())
        let done = Mutex<[String]>([])
        // The second refusal within a second is a line of debugging.
        let log = LogCapture(level: .debug)
        let routes = TestRoutes {
            Route(.put, "/things/{id}", access: "calld.things.update", "") { request in
                done.withLock { $0.append(request.path("id")) }
                if request.path("id") == "first" {
                    begun.open()
                    await open.wait()
                }
                return .noContent
            }
        }
        let configuration = APIConfiguration(maximumRequests: 1, maximumWaitingRequests: 4)
        let bench = APIBench(configuration: configuration, logger: log.logger, features: [routes])
        let server = try API.application(
            router: bench.router(),
            host: "127.0.0.1",
            port: 0,
            configuration: configuration,
            logger: log.logger
        )
        try await server.test(.live) { tester in
            let port = try #require(tester.port)
            func send(_ id: String) async throws -> RawConnection {
                let connection = try await RawConnection.open(port: port)
                try await connection.send("PUT /1.0/things/\(id) HTTP/1.1\r\n\(Self.head)\r\n")
                return connection
            }
            let first = try await send("first")
            await begun.wait()
            let second = try await send("second")
            let third = try await send("third")
            await second.close()
            await third.reset()
            // Each client learns of it once its request has left the queue.
            for id in ["second", "third"] { _ = await log.line("PUT /1.0/things/\(id)") }
            open.open()
            await first.wait(for: "HTTP/1.1 204 ")
            let fourth = try await send("fourth")
            await fourth.wait(for: "HTTP/1.1 204 ")
            await first.close()
            await fourth.close()
        }
        #expect(done.withLock { $0 } == ["first", "fourth"])
    }
}
