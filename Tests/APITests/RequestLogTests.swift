import API
import Logging
import TandemTesting
import Testing

@testable import struct API.TraceContext

/// Contract 00 §3, traceparent and masking.
@Suite("Request log")
struct RequestLogTests {
    private let lines = LogCapture(level: .info)
    private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    private func bench() -> APIBench {
        APIBench(logger: lines.logger) {
            Route(.get, "/things", access: "calld.things.read", "", options: .tokenInQuery) { request in
                request.logger.info("in the route")
                return .items([])
            }
        }
    }

    @Test("one line tells method, path, status, time, client and the masked token, never the query")
    func line() async throws {
        let token = "12345678-9abc-def0-1234-56789abcdef0"
        let headers = ["X-Auth-Token": token, "X-Forwarded-For": "10.1.2.3", "Authorization": "Basic c2VjcmV0"]
        _ = try await bench().request("GET", "/1.0/things?token=secret-of-the-query", token: nil, headers: headers)
        let line = try #require(lines.lines.first { $0.message == "GET /1.0/things" })
        #expect(line.metadata["status"] == "401")
        #expect(line.metadata["client"] != "10.1.2.3", "nobody is a trusted proxy")
        #expect(line.metadata["token"] == "XXXXXXXX-XXXX-XXXX-XXXX-XXXX9abcdef0")
        #expect(line.metadata["milliseconds"] != nil)
        let everything = lines.lines.map { $0.message + $0.metadata.description }.joined()
        #expect(!everything.contains("secret-of-the-query"))
        #expect(!everything.contains("c2VjcmV0"))
        #expect(!everything.contains("12345678"))
    }

    @Test(
        "what supervisors and Prometheus ask for every few seconds is not in the log, unless it is at debug",
        arguments: ["/health/live", "/health/ready", "/metrics"]
    )
    func scrapes(path: String) async throws {
        let features: [any RouteProviding] = [HealthRoutes { ["ari": false] }, MetricsRoutes { "up 1" }]
        _ = try await APIBench(logger: lines.logger, features: features).request("GET", path, token: nil)
        #expect(lines.lines.isEmpty)
        var talkative = lines.logger
        talkative.logLevel = .debug
        let bench = APIBench(logger: talkative, features: features)
        _ = try await bench.request("GET", path, token: nil)
        #expect(lines.lines.filter { $0.message == "GET \(path)" }.map(\.level) == [.debug])
        _ = try await bench.request("GET", path + "x", token: nil)
        #expect(lines.lines.filter { $0.message == "GET \(path)x" }.map(\.level) == [.info])
    }

    @Test("every line of a request carries the caller's trace and a span of its own")
    func traced() async throws {
        _ = try await bench().request("GET", "/1.0/things", headers: ["traceparent": "00-\(trace)-00f067aa0ba902b7-01"])
        #expect(lines.lines.count == 2)
        for line in lines.lines {
            #expect(line.metadata["trace_id"] == trace)
            #expect(line.metadata["parent_span_id"] == "00f067aa0ba902b7")
            #expect(line.metadata["span_id"]?.count == 16)
            #expect(line.metadata["span_id"] != "00f067aa0ba902b7")
        }
        #expect(Set(lines.lines.compactMap { $0.metadata["span_id"] }).count == 1)
    }

    @Test(
        "an invalid traceparent gives a new trace",
        arguments: [
            nil, "", "x", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ]
    )
    func invalid(header: String?) {
        var random = SystemRandomNumberGenerator()
        let context = TraceContext(header: header, random: &random)
        #expect(context.parent == nil)
        #expect(context.trace.description != trace)
        #expect(context.trace.description.count == 32)
    }

    @Test("a later version may say more")
    func laterVersion() {
        var random = SystemRandomNumberGenerator()
        let context = TraceContext(header: "cc-\(trace)-00f067aa0ba902b7-01-what-follows", random: &random)
        #expect(context.trace.description == trace)
    }
}
