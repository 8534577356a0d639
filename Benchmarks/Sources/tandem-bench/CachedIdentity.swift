import Access
import Core
import Foundation
import Identity
import Logging
import ServiceClient
import TandemTesting

/// Tokens checked by wazo-auth, which is a fake in this process: it is asked every three seconds, all other checks
/// are answered from memory, as on a busy server.
struct CachedIdentity {
    static let token = "f0000000-0000-4000-8000-0000000000b1"
    static let tenant = TenantID("a0000000-0000-4000-8000-000000000002")
    static let user = "b0000000-0000-4000-8000-000000000001"
    static let silent = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    /// Runs `body` with an identity that accepts ``token`` for everything below `calld`.
    static func running<Value: Sendable>(_ body: (WazoAuthIdentity) async throws -> Value) async throws -> Value {
        let fake = try FakeAuth()
        let acl = ACL(["calld.#"], me: user)
        fake.add(.init(document: document) { acl.grants($0) })
        return try await FakeService.running({ fake.answer($0) }) { service in
            let transport = ServiceTransport()
            let client = ServiceClient(
                name: "auth",
                address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "0.1"),
                transport: transport,
                tokens: nil,
                logger: silent
            )
            let outcome: Result<Value, any Error>
            do {
                outcome = .success(try await body(WazoAuthIdentity(auth: client, masterTenant: { TenantID("master") })))
            } catch {
                outcome = .failure(error)
            }
            await transport.shutdown()
            return try outcome.get()
        }
    }

    private static let document: JSONValue = [
        "token": .string(token),
        "metadata": ["tenant_uuid": .string(tenant.rawValue), "uuid": .string(user)],
        "utc_expires_at": "2099-01-01T00:00:00.000000",
        "acl": ["calld.#"],
    ]
}
