import Core
import Identity
import Logging
import ServiceClient
import Testing

@testable import tandem

@Suite("Who sees every tenant")
struct MasterRightTests {
    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func platform(_ configuration: JSONValue) throws -> PlatformServices {
        var tree = ConfigurationTree()
        tree.add(configuration, from: "test")
        let settings = try Settings(tree)
        return PlatformServices(
            settings,
            credentials: settings.parts.needServiceToken ? ServiceCredentials(username: "u", password: "p") : nil,
            logger: silent
        )
    }

    @Test(
        "with local tokens no tenant is the master tenant, even if one is configured or a service of the platform is used",
        arguments: [
            [:], ["auth": ["master_tenant_uuid": "t1"]],
            ["parts": ["directory": "confd"], "auth": ["master_tenant_uuid": "t1"]],
        ] as [JSONValue]
    )
    func local(configuration: JSONValue) async throws {
        var configuration = configuration
        if case .object(var members) = configuration {
            members["mode"] = "standalone"
            configuration = .object(members)
        }
        let platform = try platform(configuration)
        #expect(platform.masterTenant() == nil)
        let recursing = try #require(platform.recursingTenant())
        #expect(recursing != TenantID("t1"))
        await platform.transport.shutdown()
    }

    @Test("on the platform it is the configured one, or that of the service's token once there is one")
    func onPlatform() async throws {
        let configured = try platform(["mode": "platform", "auth": ["master_tenant_uuid": "t1"]])
        #expect(configured.masterTenant() == TenantID("t1") && configured.recursingTenant() == TenantID("t1"))
        await configured.transport.shutdown()
        let learning = try platform(["mode": "platform"])
        #expect(learning.masterTenant() == nil && learning.recursingTenant() == nil)
        await learning.transport.shutdown()
    }
}
