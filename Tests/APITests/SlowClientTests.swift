import AsyncHTTPClient
import Core
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import TandemTesting
import Testing

@testable import API

private struct Named: RequestFields {
    let name: String
    init(reading reader: inout FieldReader) { name = reader.required("name", .string()) }
}

/// What slow, silent and broken clients can do to others.
@Suite("Slow and broken clients", .serialized, .timeLimit(.minutes(2)))
struct SlowClientTests {
    private static let head = "Host: x\r\nX-Auth-Token: good\r\n"

    private func serve(
        _ configuration: APIConfiguration,
        logger: Logger = APIBench.silent,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let bench = APIBench(configuration: configuration, logger: logger, features: [HealthRoutes { [:] }]) {
            Route(.get, "/things", access: "calld.things.read", "") { _ in .items([]) }
            Route(.post, "/things", access: "calld.things.create", "", takes: .json(Named.self)) { request in
                let named: Named = try await request.body()
                return .created(["name": .string(named.name)])
            }
            Route(.post, "/documents", access: "calld.documents.create", "", takes: .bytes("a/b")) { request in
                var count = 0
                try await request.receive(upTo: 1_000_000) { count += $0.readableBytes }
                return .created(.integer(Int64(count)))
            }
        }
        let server = try API.application(
            router: bench.router(),
            host: "127.0.0.1",
            port: 0,
            configuration: configuration,
            logger: logger
        )
        try await server.test(.live) { tester in try await body(try #require(tester.port)) }
    }

    private func get(_ port: Int, _ path: String = "/1.0/things") async throws -> String {
        let connection = try await RawConnection.open(port: port)
        try await connection.send("GET \(path) HTTP/1.1\r\n\(Self.head)Connection: close\r\n\r\n")
        await connection.wait(for: nil)
        return String(connection.text.prefix { $0 != "\r\n" })
    }

    @Test("bodies that never end hold no place: with one place for requests others are served")
    func stalledBodies() async throws {
        try await serve(APIConfiguration(maximumRequests: 1, maximumWaitingRequests: 4, slowRequests: 4)) { port in
            var stalled: [RawConnection] = []
            for path in ["things", "documents"] {
                let connection = try await RawConnection.open(port: port)
                try await connection.send(
                    "POST /1.0/\(path) HTTP/1.1\r\n\(Self.head)Expect: 100-continue\r\nContent-Length: 90\r\n\r\n"
                )
                // The server waits for the body now.
                await connection.wait(for: "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send("{")
                stalled.append(connection)
            }
            for _ in 0..<5 { #expect(try await get(port) == "HTTP/1.1 200 OK") }
            for connection in stalled { await connection.close() }
        }
    }

    @Test(
        "a body that comes too slowly is 408 after its grace, and the connection ends",
        arguments: ["things", "documents"]
    )
    func lateBody(path: String) async throws {
        try await serve(APIConfiguration(bodyGrace: .milliseconds(300))) { port in
            let connection = try await RawConnection.open(port: port)
            try await connection.send("POST /1.0/\(path) HTTP/1.1\r\n\(Self.head)Content-Length: 90\r\n\r\n{")
            await connection.wait(for: nil)
            #expect(connection.text.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"), "\(connection.text)")
            #expect(try await get(port) == "HTTP/1.1 200 OK")
        }
    }

    @Test("a client that asks first is told to go on; one that is refused is not")
    func expectation() async throws {
        try await serve(APIConfiguration()) { port in
            let connection = try await RawConnection.open(port: port)
            let ask = "Expect: 100-Continue\r\nContent-Length: 13\r\n\r\n"
            try await connection.send("POST /1.0/things HTTP/1.1\r\n\(Self.head)\(ask)")
            await connection.wait(for: "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.send("{\"name\": \"x\"}")
            await connection.wait(for: "{\"name\":\"x\"}\n")
            #expect(connection.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"))
            let refused = try await RawConnection.open(port: port)
            try await refused.send("POST /1.0/things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: bad\r\n\(ask)")
            await refused.wait(for: "not_found_or_expired")
            #expect(refused.text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            await connection.close()
            await refused.close()
        }
    }

    @Test("a connection that sends no head, or half of one, is closed; one that waits between requests is not")
    func head() async throws {
        try await serve(APIConfiguration(headTimeout: .milliseconds(200))) { port in
            let silent = try await RawConnection.open(port: port)
            let half = try await RawConnection.open(port: port)
            try await half.send("GET /1.0/things HTTP/1.1\r\nHost: ")
            let kept = try await RawConnection.open(port: port)
            try await kept.send("GET /1.0/things HTTP/1.1\r\n\(Self.head)\r\n")
            await kept.wait(for: "{\"items\":[]}\n")
            await silent.wait(for: nil)
            await half.wait(for: nil)
            #expect(silent.text.isEmpty && half.text.isEmpty)
            try await kept.send("GET /health/live HTTP/1.1\r\n\(Self.head)\r\n")
            await kept.wait(for: "{\"status\":\"ok\"}")
            #expect(kept.text.contains("{\"status\":\"ok\"}"))
            try await kept.send("GET /1.0/things HTTP/1.1\r\nHo")
            await kept.wait(for: nil)
        }
    }

    @Test(
        "the connection ends with the last request, in whatever way the client says so",
        arguments: [
            "1.0\r\n", "1.0\r\nConnection: keep-alive\r\n", "1.1\r\nConnection: Close\r\n",
            "1.1\r\nConnection: TE, close\r\n",
        ]
    )
    func lastRequest(version: String) async throws {
        try await serve(APIConfiguration()) { port in
            let connection = try await RawConnection.open(port: port)
            try await connection.send("GET /1.0/things HTTP/\(version)\(Self.head)\r\n")
            await connection.wait(for: nil)
            #expect(connection.text.hasPrefix("HTTP/1.1 200 OK\r\n") && connection.text.hasSuffix("{\"items\":[]}\n"))
        }
    }

    @Test("one address has its share of the connections, and gets it back")
    func peers() async throws {
        try await serve(APIConfiguration(connectionsPerPeer: 2)) { port in
            let first = try await RawConnection.open(port: port)
            try await first.send("GET /1.0/things HTTP/1.1\r\n\(Self.head)\r\n")
            await first.wait(for: "{\"items\":[]}\n")
            let second = try await RawConnection.open(port: port)
            try await second.send("GET /1.0/things HTTP/1.1\r\n\(Self.head)\r\n")
            await second.wait(for: "{\"items\":[]}\n")
            let third = try await RawConnection.open(port: port)
            await third.wait(for: nil)
            #expect(third.text.isEmpty)
            try await first.send("GET /1.0/things HTTP/1.1\r\n\(Self.head)Connection: close\r\n\r\n")
            await first.wait(for: nil)
            // The client may know of the end before the server counts one less.
            try await eventually { (try? await get(port)) == "HTTP/1.1 200 OK" }
            await second.close()
        }
    }

    @Test("the shares of addresses are counted up and down")
    func shares() {
        let shares = PeerShares(limit: 1)
        #expect(shares.enter("a") && !shares.enter("a") && shares.enter("b") && shares.enter(nil))
        shares.leave("a")
        #expect(shares.enter("a") && shares.count(of: "b") == 1)
        shares.leave("b")
        shares.leave("b")
        #expect(shares.count(of: "b") == 0)
    }

    @Test(
        "a body that is no body is 400, 501 or nothing, and never an unexpected error",
        arguments: [
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x",
            "Transfer-Encoding: gzip\r\n\r\n{}", "Transfer-Encoding: chunked, foo\r\n\r\n{}",
            "Content-Length: 90\r\n\r\n{\"name\"", "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        ],
        ["things", "documents"]
    )
    func broken(rest: String, path: String) async throws {
        let lines = LogCapture(level: .info)
        try await serve(APIConfiguration(), logger: lines.logger) { port in
            let connection = try await RawConnection.open(port: port)
            try await connection.send("POST /1.0/\(path) HTTP/1.1\r\n\(Self.head)\(rest)")
            await connection.endInput()
            await connection.wait(for: nil)
            let isRefused =
                connection.text.isEmpty || connection.text.hasPrefix("HTTP/1.1 400 ")
                || connection.text.hasPrefix("HTTP/1.1 501 ")
            #expect(isRefused, "\(connection.text)")
            #expect(try await get(port) == "HTTP/1.1 200 OK")
        }
        #expect(!lines.lines.contains { $0.level == .critical })
    }

    @Test("JSON has a limit of its own, documents theirs")
    func limits() async throws {
        try await serve(APIConfiguration(jsonLimit: 1_000)) { port in
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            func status(_ path: String, _ count: Int) async throws -> UInt {
                var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/1.0/\(path)")
                request.method = .POST
                request.headers.add(name: "X-Auth-Token", value: "good")
                request.body = .bytes(ByteBuffer(string: "{\"name\": \"\(String(repeating: "x", count: count))\"}"))
                return try await client.execute(request, timeout: .seconds(10)).status.code
            }
            let statuses = [
                try await status("things", 900), try await status("things", 1_000),
                try await status("documents", 500_000),
            ]
            try await client.shutdown()
            #expect(statuses == [201, 413, 201])
        }
    }
}
