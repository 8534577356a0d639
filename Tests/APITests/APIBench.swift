import API
import Access
import AsyncHTTPClient
import Core
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TandemTesting

/// Routes of a test.
struct TestRoutes: RouteProviding {
    let routes: [Route]

    init(@RouteBuilder _ routes: () -> [Route]) { self.routes = routes() }
}

/// What a request was answered.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: ByteBuffer

    var json: JSONValue { (try? JSONValue(parsing: Data(body.readableBytesView))) ?? .null }
    var text: String { String(buffer: body) }
    var details: JSONValue? { json["details"] }
    var errorID: String? { json["error_id"]?.string }

    subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

/// The REST interface with the routes of a test; tokens `good` (tenant t1, user u1), `userless` and `master`.
struct APIBench: Sendable {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let identities = FakeIdentity([
        "good": (Identity(tenant: TenantID("t1"), user: UserID("u1"), isMaster: false), ACL(["calld.#"])),
        "userless": (Identity(tenant: TenantID("t1"), user: nil, isMaster: false), ACL(["calld.#"])),
        "master": (Identity(tenant: TenantID("t0"), user: nil, isMaster: true), ACL(["calld.#"])),
        "dotted": (Identity(tenant: TenantID("t1"), user: nil, isMaster: false), ACL(["calld.guarded.1455_13.read"])),
    ])

    let features: [any RouteProviding]
    let configuration: APIConfiguration
    let logger: Logger

    init(
        configuration: APIConfiguration = APIConfiguration(),
        logger: Logger = Self.silent,
        features: [any RouteProviding] = [],
        @RouteBuilder _ routes: () -> [Route] = { [] }
    ) {
        self.features = features + [TestRoutes(routes)]
        self.configuration = configuration
        self.logger = logger
    }

    func router() -> Router<APIContext> {
        API.router(
            features: features,
            authorizer: Authorizer(identities: Self.identities),
            configuration: configuration
        )
    }

    /// One request, without a socket.
    func request(
        _ method: String,
        _ path: String,
        token: String? = "good",
        headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> Reply {
        var fields: HTTPFields = [:]
        for (name, value) in headers { HTTPField.Name(name).map { fields[$0] = value } }
        if let token { HTTPField.Name("X-Auth-Token").map { fields[$0] = token } }
        let sent = fields
        guard let method = HTTPRequest.Method(method) else { throw NotAMethod() }
        return try await Application(router: router(), logger: logger).test(.router) { client in
            let response = try await client.execute(
                uri: path,
                method: method,
                headers: sent,
                body: body.map { ByteBuffer(string: $0) }
            )
            return Reply(status: response.status.code, headers: response.headers, body: response.body)
        }
    }

    struct NotAMethod: Error {}
}
