import AsyncHTTPClient
import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import TandemTesting
import Testing

@testable import API

@Suite("Who is behind a proxy", .timeLimit(.minutes(1)))
struct ForwardingTests {
    private static func forwarding(limit: Int = 10) -> Forwarding {
        Forwarding(APIConfiguration(connectionsPerPeer: limit, isTrustedProxy: { $0 == "192.0.2.1" }))
    }

    private func headers(_ name: String, _ value: String) throws -> HTTPFields {
        [try #require(HTTPField.Name(name)): value]
    }

    @Test(
        "of a trusted proxy the last forwarded address counts, if it is one",
        arguments: [
            ("6.6.6.6, 10.0.0.9", "10.0.0.9"), ("2001:db8::7", "2001:db8::7"), ("10.0.0.9 status=200", "192.0.2.1"),
            ("a\u{1B}[2J", "192.0.2.1"), ("10.0.0.9:80", "192.0.2.1"), ("unknown", "192.0.2.1"), ("", "192.0.2.1"),
        ]
    )
    func trusted(text: String, address: String) throws {
        let peer = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        let forwarding = Self.forwarding()
        #expect(forwarding.clientAddress(try headers("X-Forwarded-For", text), peer: peer) == address)
        #expect(forwarding.scheme(try headers("X-Forwarded-Proto", "http, HTTPS"), peer: peer) == "https")
    }

    @Test("nobody else is believed")
    func untrusted() throws {
        for peer in [try SocketAddress(ipAddress: "192.0.2.2", port: 1), nil] {
            let forwarding = Self.forwarding()
            let forged = try headers("X-Forwarded-For", "10.0.0.9")
            #expect(forwarding.clientAddress(forged, peer: peer) == peer?.ipAddress)
            #expect(forwarding.scheme(try headers("X-Forwarded-Proto", "https"), peer: peer) == "http")
        }
    }

    @Test("clients behind a trusted proxy have a share each; whoever connects without one has theirs as connections")
    func shares() throws {
        let peer = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        let forwarding = Self.forwarding(limit: 2)
        let first = try forwarding.enter("10.0.0.9", peer: peer)
        _ = try forwarding.enter("10.0.0.9", peer: peer)
        #expect(throws: RequestGate.Busy.self) { try forwarding.enter("10.0.0.9", peer: peer) }
        #expect(try forwarding.enter("10.0.0.8", peer: peer) == "10.0.0.8")
        #expect(try forwarding.enter("192.0.2.1", peer: peer) == nil)
        forwarding.leave(first)
        #expect(try forwarding.enter("10.0.0.9", peer: peer) == "10.0.0.9")
    }

    @Test("over a socket: believed from a trusted address alone", arguments: [true, false])
    func overSocket(isTrusted: Bool) async throws {
        let configuration = APIConfiguration(isTrustedProxy: { isTrusted && $0 == "127.0.0.1" })
        let lines = LogCapture(level: .info)
        let bench = APIBench(configuration: configuration, logger: lines.logger) {
            Route(open: .get, "/client", "") { request in
                .ok(["address": .string(request.clientAddress ?? ""), "scheme": .string(request.scheme)])
            }
        }
        let server = try API.application(
            router: bench.router(),
            host: "127.0.0.1",
            port: 0,
            configuration: configuration,
            logger: lines.logger
        )
        try await server.test(.live) { tester in
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(try #require(tester.port))/1.0/client")
            request.headers.add(name: "X-Forwarded-For", value: "10.0.0.9")
            request.headers.add(name: "X-Forwarded-Proto", value: "https")
            let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
            let body = String(buffer: try await answer.body.collect(upTo: 1_000))
            #expect(body.contains(isTrusted ? "10.0.0.9" : "127.0.0.1"))
            #expect(body.contains("https") == isTrusted)
        }
        let line = try #require(lines.lines.first { $0.message == "GET /1.0/client" })
        #expect(line.metadata["client"] == (isTrusted ? "10.0.0.9" : "127.0.0.1"))
    }
}
