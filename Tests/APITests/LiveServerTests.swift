import AsyncHTTPClient
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import API

private struct Named: RequestFields {
    let name: String
    init(reading reader: inout FieldReader) { name = reader.required("name", .string()) }
}

/// Holds requests until it is opened, and counts them.
private final class Barrier: Sendable {
    private struct State {
        var inside = 0
        var most = 0
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    var inside: Int { state.withLock { $0.inside } }
    var most: Int { state.withLock { $0.most } }

    func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let goesOn = state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if goesOn { continuation.resume() }
        }
        await Task.yield()
        state.withLock { $0.inside -= 1 }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The same rules over a real socket, and what only a socket shows.
@Suite("REST over a socket", .serialized, .timeLimit(.minutes(2)))
struct LiveServerTests {
    private let barrier = Barrier()

    private func bench(_ configuration: APIConfiguration) -> APIBench {
        APIBench(configuration: configuration, features: [HealthRoutes { [:] }]) { [barrier] in
            Route(.get, "/things", access: "calld.things.read", "") { _ in .items([]) }
            Route(.post, "/things", access: "calld.things.create", "", takes: .json(Named.self)) { request in
                let named: Named = try await request.body()
                return .created(["name": .string(named.name)])
            }
            Route(.put, "/things/{id}", access: "calld.x", "") { _ in .noContent }
            Route(open: .get, "/slow", "") { _ in
                await barrier.pass()
                return .items([])
            }
            Route(open: .get, "/client", "") { .ok(.string($0.clientAddress ?? "-")) }
        }
    }

    /// Runs a server and gives its address and a client with many connections.
    private func serve(
        _ configuration: APIConfiguration = APIConfiguration(),
        _ body: @escaping @Sendable (String, HTTPClient) async throws -> Void
    ) async throws {
        let server = try API.application(
            router: bench(configuration).router(),
            host: "127.0.0.1",
            port: 0,
            configuration: configuration,
            logger: APIBench.silent
        )
        var client = HTTPClient.Configuration()
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 400
        try await withClient(client) { client in
            try await server.test(.live) { tester in
                let port = try #require(tester.port)
                try await body("http://localhost:\(port)", client)
            }
        }
    }

    private func withClient(
        _ configuration: HTTPClient.Configuration,
        _ body: (HTTPClient) async throws -> Void
    ) async throws {
        let client = HTTPClient(configuration: configuration)
        do {
            try await body(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func send(
        _ client: HTTPClient,
        _ method: HTTPMethod,
        _ url: String,
        headers: [(String, String)] = [("X-Auth-Token", "good")],
        body: HTTPClientRequest.Body? = nil
    ) async throws -> (status: Int, headers: HTTPHeaders, body: String) {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = HTTPHeaders(headers)
        request.body = body
        let response = try await client.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), response.headers, String(buffer: bytes))
    }

    @Test("methods, statuses and headers are the same on the wire")
    func wire() async throws {
        try await serve { url, client in
            let head = try await send(client, .HEAD, url + "/1.0/things")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.headers.first(name: "Content-Length") == "13")
            let options = try await send(client, .OPTIONS, url + "/1.0/things", headers: [])
            #expect(options.status == 200 && options.body.isEmpty)
            #expect(options.headers.first(name: "Allow") == "GET, HEAD, OPTIONS, POST")
            let wrong = try await send(client, .DELETE, url + "/1.0/things")
            #expect(wrong.status == 405 && wrong.headers.first(name: "Allow") == "GET, HEAD, OPTIONS, POST")
            #expect(wrong.body.contains("\"error_id\":\"method-not-allowed\""))
            let unknown = try await send(client, .GET, url + "/x", headers: [("Origin", "https://a.example")])
            #expect(unknown.status == 404)
            #expect(unknown.headers.first(name: "Access-Control-Allow-Origin") == "https://a.example")
            #expect(unknown.headers.first(name: "Vary") == "Origin")
            let empty = try await send(client, .PUT, url + "/1.0/things/1")
            #expect(empty.status == 204 && empty.body.isEmpty)
            #expect(empty.headers.first(name: "Content-Type") == "application/json")
            #expect(empty.headers.first(name: "Content-Length") == nil)
            let client = try await send(client, .GET, url + "/1.0/client")
            #expect(client.body == "\"127.0.0.1\"\n" || client.body == "\"::1\"\n")
        }
    }

    @Test("one connection serves many requests, also after errors and bodies that nobody read")
    func keepAlive() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        let options = configuration
        // With room for one connection only, a second one could not be made while the first is kept.
        try await serve(APIConfiguration(maximumConnections: 1)) { url, _ in
            try await withClient(options) { client in
                for _ in 0..<20 {
                    let served = try await send(client, .GET, url + "/1.0/things").status
                    let unknown = try await send(client, .GET, url + "/nowhere").status
                    let unread = HTTPClientRequest.Body.bytes(ByteBuffer(repeating: 0x20, count: 200_000))
                    let refused = try await send(client, .POST, url + "/1.0/things", headers: [], body: unread).status
                    let named = HTTPClientRequest.Body.bytes(ByteBuffer(string: #"{"name": "x"}"#))
                    let created = try await send(client, .POST, url + "/1.0/things", body: named).status
                    let statuses = [served, unknown, refused, created]
                    #expect(statuses == [200, 404, 401, 201])
                }
            }
        }
    }

    @Test("a body beyond the limit is 413, announced or not, and its connection ends")
    func tooLarge() async throws {
        try await serve(APIConfiguration(bodyLimit: 100_000)) { url, client in
            let announced = HTTPClientRequest.Body.bytes(ByteBuffer(repeating: 0x20, count: 3_000_000))
            let refused = try await send(client, .POST, url + "/1.0/things", body: announced)
            #expect(refused.status == 413)
            #expect(refused.headers.first(name: "Connection") == "close")
            #expect(refused.body.contains("\"limit\":100000"))
            let chunks = (0..<100).map { _ in ByteBuffer(repeating: 0x20, count: 30_000) }
            let stream = HTTPClientRequest.Body.stream(chunks.async, length: .unknown)
            #expect(try await send(client, .POST, url + "/1.0/things", body: stream).status == 413)
            #expect(try await send(client, .GET, url + "/1.0/things").status == 200)
        }
    }

    @Test("1,000 parallel requests are all served, never more at once than allowed")
    func parallel() async throws {
        barrier.open()
        try await serve(APIConfiguration(maximumRequests: 25, maximumWaitingRequests: 1_000)) { [barrier] url, client in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<1_000 { group.addTask { try await send(client, .GET, url + "/1.0/slow").status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [200: 1_000])
            #expect(barrier.most <= 25 && barrier.most > 1)
        }
    }

    @Test("beyond the running and the waiting ones requests are 503, while health still answers")
    func busy() async throws {
        let configuration = APIConfiguration(maximumRequests: 5, maximumWaitingRequests: 10)
        try await serve(configuration) { [barrier] url, client in
            try await withThrowingTaskGroup(of: (Int, String?).self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        let reply = try await send(client, .GET, url + "/1.0/slow")
                        return (reply.status, reply.headers.first(name: "Retry-After"))
                    }
                }
                // All that are refused come back first: the others are held.
                for _ in 0..<45 {
                    let (status, retry) = try #require(await group.next())
                    #expect(status == 503 && retry == "1")
                }
                #expect(barrier.inside == 5)
                #expect(try await send(client, .GET, url + "/health/live").status == 200)
                #expect(try await send(client, .GET, url + "/1.0/things").status == 503)
                #expect(try await send(client, .OPTIONS, url + "/1.0/things").status == 200)
                barrier.open()
                for _ in 0..<15 { #expect(try #require(await group.next()).0 == 200) }
            }
            #expect(barrier.most == 5)
        }
    }

    @Test("a client that sends half a request is dropped after the idle time")
    func idle() async throws {
        try await serve(APIConfiguration(idleTimeout: .milliseconds(200))) { url, client in
            let stalled = AsyncStream<ByteBuffer> { $0.yield(ByteBuffer(string: "{")) }
            let body = HTTPClientRequest.Body.stream(stalled, length: .known(Int64(10)))
            await #expect(throws: (any Error).self) {
                try await send(client, .POST, url + "/1.0/things", body: body)
            }
        }
    }
}

extension Array where Element: Sendable {
    /// The elements one after the other.
    fileprivate var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
