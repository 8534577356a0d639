import API
import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TandemTesting
import Testing

@testable import class API.RefusalLog
@testable import class API.RequestGate

@Suite("Refused requests in the log")
struct RefusalLogTests {
    @Test("each client has one line a second, which tells how many refusals had none")
    func onceASecond() {
        let log = RefusalLog()
        let start = ContinuousClock.now
        #expect(log.admit("192.0.2.1", now: start) == 0)
        for _ in 0..<5 { #expect(log.admit("192.0.2.1", now: start + .milliseconds(999)) == nil) }
        #expect(log.admit("192.0.2.2", now: start + .milliseconds(999)) == 0, "another client")
        #expect(log.admit("192.0.2.1", now: start + .seconds(1)) == 5)
        #expect(log.admit("192.0.2.1", now: start + .seconds(3)) == 0)
    }

    @Test("however many clients there are, few are remembered, and a new one has its line")
    func manyClients() {
        let log = RefusalLog()
        let start = ContinuousClock.now
        for number in 0..<(RefusalLog.mostClients * 3) { #expect(log.admit("\(number)", now: start) == 0) }
    }

    @Test("a line says who was refused and why; further ones are lines of debugging, what succeeds never is")
    func lines() async throws {
        let capture = LogCapture(level: .debug)
        var logger = capture.logger
        logger.logLevel = .debug
        let bench = APIBench(logger: logger) {
            Route(.get, "/things/{id}", access: "calld.things.read", "") { request in
                if request.path("id") == "none" {
                    throw Failure(status: 404, errorID: "no-such-thing", message: "No such thing")
                }
                return .items([])
            }
        }
        let token = try #require(HTTPField.Name("X-Auth-Token"))
        try await Application(router: bench.router(), logger: logger).test(.router) { client in
            for _ in 0..<3 {
                _ = try await client.execute(uri: "/1.0/things/none", method: .get, headers: [token: "good"])
            }
            _ = try await client.execute(uri: "/1.0/things/none", method: .get)
            _ = try await client.execute(uri: "/1.0/things/there", method: .get, headers: [token: "good"])
        }
        let refused = capture.lines.filter { $0.message == "GET /1.0/things/none" }
        #expect(refused.map(\.level) == [.info, .debug, .debug, .debug])
        #expect(refused.first?.metadata["error_id"] == "no-such-thing")
        #expect(refused.first?.metadata["tenant"] != nil)
        #expect(refused.last?.metadata["error_id"] == "unauthorized")
        #expect(refused.last?.metadata["reason"] == "not_found_or_expired")
        #expect(capture.lines.filter { $0.message == "GET /1.0/things/there" }.map(\.level) == [.info])
    }

    @Test(
        "who wants more than a limit allows has a line a second, and none of an error",
        arguments: ["too-many-event-streams", "parking-full", "busy"]
    )
    func limits(id: String) async throws {
        let capture = LogCapture(level: .info)
        let bench = APIBench(logger: capture.logger) {
            Route(.get, "/things", access: "calld.things.read", "") { _ in
                if id == "busy" { throw RequestGate.Busy() }
                throw Failure(status: 503, errorID: id, message: "Too many", details: ["limit": 1])
            }
        }
        let token = try #require(HTTPField.Name("X-Auth-Token"))
        try await Application(router: bench.router(), logger: capture.logger).test(.router) { client in
            for _ in 0..<3 {
                let reply = try await client.execute(uri: "/1.0/things", method: .get, headers: [token: "good"])
                #expect(reply.status == .serviceUnavailable)
            }
        }
        #expect(capture.lines.filter { $0.message == "GET /1.0/things" }.map(\.level) == [.info])
        #expect(!capture.lines.contains { $0.level >= .warning })
    }

    @Test("a fault of a server has a line each time")
    func faults() async throws {
        let capture = LogCapture(level: .info)
        let bench = APIBench(logger: capture.logger) {
            Route(.get, "/things", access: "calld.things.read", "") { _ in throw Failure.databaseUnreachable }
        }
        for _ in 0..<3 { _ = try await bench.request("GET", "/1.0/things") }
        #expect(capture.lines.filter { $0.message == "GET /1.0/things" }.count == 3)
        #expect(capture.lines.filter { $0.level == .error }.count == 3)
    }
}
