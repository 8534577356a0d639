import API
import Core
import Logging
import TandemTesting
import Testing

@Suite("Error bodies")
struct ErrorBodyTests {
    private struct Unexpected: Error {}
    private struct OfAnAdapter: FailureConvertible {
        let failure = Failure(status: 503, errorID: "peer-away", message: "Away", details: ["port": 1])
    }

    private let bench = APIBench(features: [StatusRoutes(components: ["ari": { StatusRoutes.status(false) }])]) {
        Route(open: .get, "/known", "") { _ in
            throw Failure(status: 409, errorID: "busy", message: "Busy", details: ["id": 1], resource: "lots")
        }
        Route(open: .get, "/database", "") { _ in throw DatabaseFailure.unreachable("down") }
        Route(open: .get, "/peer", "") { _ in throw OfAnAdapter() }
        Route(open: .get, "/unexpected", "") { _ in throw Unexpected() }
        Route(.get, "/guarded/{id}", access: "calld.guarded.{id}.read", "") { request in
            .ok(["tenant": .string(request.tenant.rawValue)])
        }
    }

    private func get(_ path: String, token: String? = nil, tenant: String? = nil) async throws -> (Int, JSONValue) {
        let headers = tenant.map { ["Wazo-Tenant": $0] } ?? [:]
        let reply = try await bench.request("GET", "/1.0\(path)", token: token, headers: headers)
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply.text.hasSuffix("\n"))
        return (reply.status, reply.json)
    }

    @Test("a failure is written whole")
    func known() async throws {
        let (status, body) = try await get("/known")
        #expect(status == 409)
        #expect(body["error_id"] == "busy")
        #expect(body["message"] == "Busy")
        #expect(body["details"] == ["id": 1])
        #expect(body["resource"] == "lots")
        #expect(body["timestamp"] != nil)
    }

    @Test("a database that is away is 503, an unexpected error 500 with an id, an unknown path 404")
    func others() async throws {
        let (away, awayBody) = try await get("/database")
        #expect(away == 503 && awayBody["error_id"] == "database-unreachable")
        let (peer, peerBody) = try await get("/peer")
        #expect(peer == 503 && peerBody["error_id"] == "peer-away" && peerBody["details"] == ["port": 1])
        let (bug, bugBody) = try await get("/unexpected")
        #expect(bug == 500 && bugBody["message"] == "Internal Server Error" && bugBody["details"]?["id"] != nil)
        let (unknown, unknownBody) = try await get("/nowhere")
        #expect(unknown == 404 && unknownBody["error_id"] == "not-found")
    }

    @Test(
        "what others wrote reaches a client without secrets, paths and control characters, and the log without secrets"
    )
    func foreignText() async throws {
        let lines = LogCapture(level: .info)
        let text = "amid: url /rawman?secret=hunter2 \u{1B}[0m open /var/lib/x/y failed"
        let bench = APIBench(logger: lines.logger) {
            Route(open: .get, "/foreign", "") { _ in
                throw Failure(status: 503, errorID: "e", message: "m", details: ["original_error": .string(text)])
            }
            Route(open: .get, "/bug", "") { _ in throw DatabaseFailure.refused(sqlState: "XX000", message: text) }
        }
        let reply = try await bench.request("GET", "/1.0/foreign")
        #expect(reply.details == ["original_error": "amid: url /rawman?secret=********  [0m open … failed"])
        #expect(try await bench.request("GET", "/1.0/bug").status == 500)
        let logged = lines.lines.map { $0.message + $0.metadata.description }.joined()
        #expect(logged.contains("rawman") && !logged.contains("hunter2"))
    }

    @Test("tokens are refused with the contract's details")
    func unauthorized() async throws {
        let (missing, missingBody) = try await get("/guarded/1455.13")
        #expect(missing == 401)
        #expect(
            missingBody["details"]
                == [
                    "invalid_token": "", "reason": "not_found_or_expired",
                    "required_access": "calld.guarded.1455_13.read",
                ]
        )
        let (foreign, foreignBody) = try await get("/guarded/1455.13", token: "dotted", tenant: "t2")
        #expect(foreign == 401)
        #expect(
            foreignBody["details"]
                == [
                    "invalid_token": "XXXXXX", "reason": "missing_permission_or_invalid_tenant",
                    "required_access": "calld.guarded.1455_13.read", "tenant_uuid": "t2",
                ]
        )
        let (accepted, body) = try await get("/guarded/1455.13", token: "dotted")
        #expect(accepted == 200 && body == ["tenant": "t1"])
    }

    @Test("the status is 200 also when a component fails")
    func status() async throws {
        let (status, body) = try await get("/status", token: "good")
        #expect(status == 200)
        #expect(body["ari"] == ["status": "fail"])
        #expect(body["plugins"] == [:])
    }
}
