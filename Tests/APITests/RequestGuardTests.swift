import Core
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TandemTesting
import Testing

@testable import API

private struct Named: RequestFields {
    let name: String
    init(reading reader: inout FieldReader) { name = reader.required("name", .string()) }
}

/// What a client may not do with the framing of HTTP/1.
@Suite("The framing of requests", .serialized, .timeLimit(.minutes(2)))
struct RequestGuardTests {
    private static let head = "Host: x\r\nX-Auth-Token: good\r\n"

    private func serve(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let bench = APIBench {
            Route(.get, "/things", access: "calld.things.read", "") { _ in .items([]) }
            Route(.post, "/things", access: "calld.things.create", "", takes: .json(Named.self)) { request in
                let named: Named = try await request.body()
                return .created(["name": .string(named.name)])
            }
            Route(.post, "/pieces", access: "calld.documents.create", "", takes: .bytes("a/b")) { request in
                var (pieces, bytes) = (0, 0)
                try await request.receive(upTo: 1_000_000) {
                    pieces += 1
                    bytes += $0.readableBytes
                }
                return .created([.integer(Int64(pieces)), .integer(Int64(bytes))])
            }
            Route(.get, "/ticks", access: "calld.ticks.read", "") { _ in
                APIResponse(mediaType: "text/event-stream") { send in
                    for _ in 0..<3 { try await send(ByteBuffer(string: ": tick\n\n")) }
                }
            }
        }
        let server = try API.application(
            router: bench.router(),
            host: "127.0.0.1",
            port: 0,
            configuration: APIConfiguration(),
            logger: APIBench.silent
        )
        try await server.test(.live) { tester in try await body(try #require(tester.port)) }
    }

    /// What the server answers to these bytes until it closes the connection.
    private func answer(_ port: Int, to text: String) async throws -> String {
        let connection = try await RawConnection.open(port: port)
        // The server may close while the rest is still on its way.
        try? await connection.send(text)
        await connection.wait(for: nil)
        return connection.text
    }

    private func chunked(_ path: String, _ body: String, token: String = "good") -> String {
        let head = "Host: x\r\nX-Auth-Token: \(token)\r\n"
        return "POST /1.0/\(path) HTTP/1.1\r\n\(head)Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
    }

    // MARK: Chunks

    @Test("a body of many small chunks is read in few pieces")
    func joined() async throws {
        try await serve { port in
            let body = String(repeating: "1\r\nx\r\n", count: 10_000) + "0\r\n\r\n"
            let text = try await answer(port, to: chunked("pieces", body))
            let json = try #require(text.split(separator: "\r\n\r\n").last)
            let counts = try #require(try JSONValue(parsing: Data(json.utf8)).array?.compactMap(\.integer))
            #expect(counts.last == 10_000)
            #expect(try #require(counts.first) < 100, "\(counts)")
        }
    }

    @Test("a body in chunks of a fair size is whole, however it is cut")
    func fair() async throws {
        try await serve { port in
            let body = String(repeating: "400\r\n\(String(repeating: "x", count: 1_024))\r\n", count: 500)
            let text = try await answer(port, to: chunked("pieces", body + "0\r\n\r\n"))
            #expect(text.hasPrefix("HTTP/1.1 201 ") && text.contains(",512000]"), "\(text)")
        }
    }

    @Test(
        "a body with more framing than content is 400, and the connection ends",
        arguments: [
            String(repeating: "1\r\nx\r\n", count: 60_000), "1;" + String(repeating: "x", count: 2_000_000),
            String(repeating: "1;\(String(repeating: "y", count: 60))\r\n \r\n", count: 20_000),
        ],
        ["pieces", "things"]
    )
    func framing(body: String, path: String) async throws {
        try await serve { port in
            let text = try await answer(port, to: chunked(path, body))
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(text)")
            #expect(try await answer(port, to: "GET /1.0/things HTTP/1.0\r\n\(Self.head)\r\n").contains(" 200 OK\r\n"))
        }
    }

    @Test("framing that nobody reads any more ends the connection, too")
    func framingOfRefused() async throws {
        try await serve { port in
            let connection = try await RawConnection.open(port: port)
            let head = "POST /1.0/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await connection.send(head)
            await connection.wait(for: "not_found_or_expired")
            try? await connection.send("1;" + String(repeating: "x", count: 2_000_000))
            await connection.wait(for: nil)
            #expect(connection.text.hasPrefix("HTTP/1.1 401 "))
        }
    }

    // MARK: Heads

    @Test(
        "a head that HTTP does not allow is refused, and the connection ends",
        arguments: [
            ("1.1\r\n", "400 Bad Request"), ("1.1\r\nHost: x\r\nhost: x\r\n", "400 Bad Request"),
            ("1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n", "501 Not Implemented"),
            ("1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n", "501 Not Implemented"),
            ("1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n", "501 Not Implemented"),
            ("1.0\r\nHost: x\r\nHost: y\r\n", "400 Bad Request"),
            ("1.0\r\nTransfer-Encoding: chunked\r\n", "400 Bad Request"),
        ]
    )
    func heads(rest: String, status: String) async throws {
        try await serve { port in
            let text = try await answer(
                port,
                to: "GET /1.0/things HTTP/\(rest)X-Auth-Token: good\r\n\r\nGET /1.0/things HTTP/1.1\r\n\(Self.head)\r\n"
            )
            #expect(text.hasPrefix("HTTP/1.1 \(status)\r\n"), "\(text)")
            #expect(text.contains("\"error_id\":\"http-error\"") && !text.contains("{\"items\""), "\(text)")
        }
    }

    @Test(
        "a head that HTTP allows is served",
        arguments: [
            "1.0\r\n", "1.0\r\nHost: x\r\n", "1.1\r\nHost:\r\nConnection: close\r\n",
            "1.1\r\nHost: x\r\nConnection: close\r\nTandem-Refused-Head: malformed\r\n",
        ]
    )
    func allowed(rest: String) async throws {
        try await serve { port in
            let text = try await answer(port, to: "GET /1.0/things HTTP/\(rest)X-Auth-Token: good\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("{\"items\":[]}\n"), "\(text)")
        }
    }

    @Test("a client of HTTP/1.0 gets a body without a known end as it is, until the connection ends")
    func withoutChunks() async throws {
        try await serve { port in
            let ticks = ": tick\n\n: tick\n\n: tick\n\n"
            let old = try await answer(port, to: "GET /1.0/ticks HTTP/1.0\r\n\(Self.head)\r\n")
            #expect(old.hasPrefix("HTTP/1.0 200 OK\r\n") && old.hasSuffix("\r\n\r\n" + ticks), "\(old)")
            #expect(!old.lowercased().contains("transfer-encoding"))
            // Only its own answer is: one before it on the same connection has chunks.
            let request = "GET /1.0/ticks HTTP/1.1\r\n\(Self.head)\r\n"
            let both = try await answer(port, to: request + "GET /1.0/ticks HTTP/1.0\r\n\(Self.head)\r\n")
            #expect(both.hasPrefix("HTTP/1.1 200 OK\r\n") && both.contains("transfer-encoding: chunked"), "\(both)")
            #expect(both.contains("HTTP/1.0 200 OK\r\n") && both.hasSuffix(ticks), "\(both)")
        }
    }
}
