import Core
import Directory
import Events
import Foundation
import Synchronization
import TandemTesting
import Testing

@testable import tandem

@Suite("A tenant that is deleted on the platform")
struct DeletedTenantTests {
    private static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    private static let other = TenantID("10000000-0000-4000-8000-000000000002")

    private struct Stage {
        let source = FakeDirectory()
        let cached: CachedDirectory

        init() {
            source.change { world in
                world.applications = [DeletedTenantTests.tenant, DeletedTenantTests.other].map {
                    ApplicationRecord(id: "of-\($0)", tenant: $0, name: nil, node: nil)
                }
                world.switchboards = [DeletedTenantTests.tenant, DeletedTenantTests.other].map {
                    SwitchboardRecord(
                        id: "of-\($0)",
                        tenant: $0,
                        name: "",
                        queueMusic: nil,
                        waitingRoomMusic: nil,
                        timeout: nil
                    )
                }
            }
            cached = CachedDirectory(source)
        }
    }

    private func delivery(_ data: JSONValue) -> BusDelivery {
        let body: JSONValue = ["name": "auth_tenant_deleted", "data": data]
        return BusDelivery(
            routingKey: "auth.tenants.deleted",
            headers: ["name": "auth_tenant_deleted"],
            payload: Data(body.text.utf8)
        )
    }

    @Test("the event is listened to; features are told to look again, and find nothing of the tenant any more")
    func told() async throws {
        let source = Stage()
        let changes = DirectoryChanges()
        let told = LockedChanges()
        changes.add { told.add($0) }
        let receiver = DirectoryChangeReceiver(source.cached, changes)
        #expect(receiver.bindings.contains(BusBinding("auth_tenant_deleted")))
        await receiver.busConnected()
        await receiver.receive(delivery(["uuid": .string(Self.tenant.rawValue), "name": "Lumen"]))
        #expect(told.all == [.everything, .tenantDeleted(Self.tenant), .everything])
        #expect(try await source.cached.applications().map(\.tenant) == [Self.other])
        #expect(try await source.cached.switchboards().map(\.tenant) == [Self.other])
        #expect(try await source.cached.switchboard("of-\(Self.tenant)", tenant: nil) == nil)
    }

    @Test("one that does not say which tenant makes everybody look again")
    func unnamed() async throws {
        let source = Stage()
        let changes = DirectoryChanges()
        let told = LockedChanges()
        changes.add { told.add($0) }
        await DirectoryChangeReceiver(source.cached, changes).receive(delivery([:]))
        #expect(told.all == [.everything])
        #expect(try await source.cached.applications().count == 2)
    }

    private final class LockedChanges: Sendable {
        private let changes = Mutex<[DirectoryChange]>([])
        var all: [DirectoryChange] { changes.withLock { $0 } }
        func add(_ change: DirectoryChange) { changes.withLock { $0.append(change) } }
    }
}
