import API
import Access
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import TandemTesting
import Testing

private struct Failing: RouteProviding {
    struct Unexpected: Error {}
    struct OfAnAdapter: FailureConvertible {
        let failure = Failure(status: 503, errorID: "peer-away", message: "Away", details: ["port": 1])
    }

    func addRoutes(to group: RouterGroup<APIContext>, authorizer: Authorizer) {
        group.get("known") { _, _ -> JSONResponse in
            throw Failure(status: 409, errorID: "busy", message: "Busy", details: ["id": 1], resource: "lots")
        }
        group.get("database") { _, _ -> JSONResponse in throw DatabaseFailure.unreachable("down") }
        group.get("peer") { _, _ -> JSONResponse in throw OfAnAdapter() }
        group.get("unexpected") { _, _ -> JSONResponse in throw Unexpected() }
        group.get("guarded/:id") { request, context in
            let id = context.pathParameter("id")
            let identity = try await authorizer.identity(of: request, for: "calld.guarded.{id}.read", ["id": id])
            return JSONResponse(["tenant": .string(identity.tenant.rawValue)])
        }
    }
}

@Suite("Error bodies")
struct ErrorBodyTests {
    private func get(_ path: String, token: String? = nil, tenant: String? = nil) async throws -> (Int, JSONValue) {
        let identities = FakeIdentity([
            "good": (
                Identity(tenant: TenantID("t1"), user: nil, isMaster: false),
                ACL(["calld.guarded.1455_13.read", "calld.status.read"])
            )
        ])
        let router = API.router(
            features: [Failing(), StatusRoutes(components: ["ari": { StatusRoutes.status(false) }])],
            authorizer: Authorizer(identities: identities)
        )
        var headers: HTTPFields = [:]
        if let token, let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        if let tenant, let name = HTTPField.Name("Wazo-Tenant") { headers[name] = tenant }
        let fields = headers
        let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Application(router: router, logger: silent).test(.router) { client in
            let response = try await client.execute(uri: "/1.0\(path)", method: .get, headers: fields)
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.body.readableBytesView.last == UInt8(ascii: "\n"))
            return (response.status.code, try JSONValue(parsing: Data(response.body.readableBytesView)))
        }
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
        let (foreign, foreignBody) = try await get("/guarded/1455.13", token: "good", tenant: "t2")
        #expect(foreign == 401)
        #expect(
            foreignBody["details"]
                == [
                    "invalid_token": "good", "reason": "missing_permission_or_invalid_tenant",
                    "required_access": "calld.guarded.1455_13.read", "tenant_uuid": "t2",
                ]
        )
        let (accepted, body) = try await get("/guarded/1455.13", token: "good")
        #expect(accepted == 200 && body == ["tenant": "t1"])
    }

    @Test("the status is 200 also when a component fails")
    func status() async throws {
        let (status, body) = try await get("/status", token: "good")
        #expect(status == 200)
        #expect(body["ari"] == ["status": "fail"])
    }
}
