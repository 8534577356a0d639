import API
import Access
import Core
import Directory
import Foundation

/// Routes of ours: which applications there are; and, where there is no confd, their creation, change and deletion.
extension Applications {
    @RouteBuilder var directoryRoutes: [Route] {
        Route(
            .get,
            "/applications",
            access: "calld.applications.read",
            "The applications of the tenant",
            answers: .ok(.items(of: Schemas.configured))
        ) { request in
            if !self.register.hasLoaded { throw Failure.directoryUnreachable }
            let records = self.register.loops.filter { !$0.isLeaving }.map(\.live.record).filter {
                request.reaches($0.tenant)
            }
            return .items(records.sorted { $0.id < $1.id }.map(\.json))
        }
        if let editing = ports.editing { editingRoutes(editing) }
    }

    @RouteBuilder private func editingRoutes(_ editing: any ApplicationEditing) -> [Route] {
        Route(
            .post,
            "/applications",
            access: "calld.applications.create",
            "Create an application",
            takes: .json(ApplicationOrder.self),
            answers: .created(Schemas.configured).orRefused(409)
        ) { request in
            let order: ApplicationOrder = try await request.body()
            let record = order.record(UUID().uuidString.lowercased(), tenant: request.tenant)
            guard self.register.loops.count < ApplicationRegister.most else {
                throw Failure.tooMany("siblings", limit: ApplicationRegister.most)
            }
            let own = self.register.loops.count { $0.live.record.tenant == request.tenant }
            guard own < ApplicationRegister.mostOfTenant else {
                throw Failure.tooMany("siblings", limit: ApplicationRegister.mostOfTenant)
            }
            try await editing.create(record)
            await self.register.become(record.id, record, within: .seconds(5))
            return .created(record.json)
        }
        Route(
            .put,
            Self.path,
            access: "\(Self.access).update",
            "Change an application",
            takes: .json(ApplicationOrder.self),
            answers: .noContent
        ) { request in
            let order: ApplicationOrder = try await request.body()
            let old = try await self.configured(request)
            let record = order.record(old.id, tenant: old.tenant)
            guard try await editing.replace(record) else { throw Failure.noSuchApplication(old.id) }
            await self.register.become(record.id, record, within: .seconds(5))
            return .noContent
        }
        Route(
            .delete,
            Self.path,
            access: "\(Self.access).delete",
            "Delete an application; its calls are hung up",
            answers: .noContent
        ) { request in
            let old = try await self.configured(request)
            guard try await editing.delete(old.id, tenant: old.tenant) else { throw Failure.noSuchApplication(old.id) }
            await self.register.become(old.id, nil, within: .seconds(5))
            return .noContent
        }
    }

    /// The application as the directory has it; Asterisk need not have it yet.
    private func configured(_ request: APIRequest) async throws -> ApplicationRecord {
        let id = request.path("application_uuid").lowercased()
        guard let record = try await ports.applications.application(id)?.lowercased, request.reaches(record.tenant)
        else { throw Failure.noSuchApplication(id) }
        return record
    }
}

extension APIRequest {
    /// Whether an object of a tenant is for this request to see (contract 00 §4.4).
    func reaches(_ owner: TenantID) -> Bool { owner == tenant || identity.seesAllTenants }
}

extension ApplicationRegister {
    /// Reads an application again, and returns when it is known as it is meant; at the latest after `limit`, as Asterisk
    /// may be away.
    func become(_ id: String, _ wanted: ApplicationRecord?, within limit: Duration) async {
        look(at: id)
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let now = loop(id)
            if now?.live.record == wanted, wanted == nil || isSettled(now) { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func isSettled(_ loop: ApplicationLoop?) -> Bool {
        guard let loop, isRegistered(loop) else { return false }
        let live = loop.live
        return (live.record.node == nil) == (live.nodes[live.destinationNode]?.phase != .open)
    }
}
