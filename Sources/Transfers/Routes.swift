public import API
import Access
import CallControl
import Core
import Telephony

/// The REST routes of transfers (contract 21 §2).
extension Transfers: RouteProviding {
    /// The routes.
    public var routes: [Route] {
        serviceRoutes
        userRoutes
        userDecisions
    }

    @RouteBuilder private var serviceRoutes: [Route] {
        Route(
            .post,
            "/transfers",
            access: "calld.transfers.create",
            "Begin a transfer",
            takes: .json(TransferRequest.self),
            answers: .created(Transfer.schema).orRefused(403, 409)
        ) { request in
            let wanted: TransferRequest = try await request.body()
            return .created(try await self.create(wanted.order, as: request.identity).item())
        }
        Route(
            .get,
            "/transfers/{transfer_id}",
            access: "calld.transfers.{transfer_id}.read",
            "A transfer",
            answers: .ok(Transfer.schema)
        ) { request in
            .ok(try self.transfer(request).item())
        }
        Route(
            .delete,
            "/transfers/{transfer_id}",
            access: "calld.transfers.{transfer_id}.delete",
            "Cancel a transfer: transferred party and initiator talk again",
            answers: .noContent
        ) { request in
            try await self.cancel(try self.transfer(request).id, by: request.identity.user)
        }
        Route(
            .put,
            "/transfers/{transfer_id}/complete",
            access: "calld.transfers.{transfer_id}.complete.update",
            "Complete a transfer: the initiator is hung up",
            answers: .noContent
        ) { request in
            try await self.complete(try self.transfer(request).id, by: request.identity.user)
        }
        Route.history(
            "/transfers/{transfer_id}/history",
            access: "calld.transfers.{transfer_id}.history.read",
            of: "a transfer",
            kind: Transfer.rowKind,
            id: "transfer_id",
            in: ports.store,
            unknown: Failure.noSuchTransfer
        )
    }

    @RouteBuilder private var userRoutes: [Route] {
        Route(
            .get,
            "/users/me/transfers",
            access: "calld.users.me.transfers.read",
            "The transfers that the user initiated",
            answers: .ok(.items(of: Transfer.schema))
        ) { request in
            let user = try request.user()
            let own = self.transfers.machines.filter { $0.user == user }.sorted { $0.id < $1.id }
            return .items(own.map { $0.item() })
        }
        Route(
            .post,
            "/users/me/transfers",
            access: "calld.users.me.transfers.create",
            "Begin a transfer of the user's call",
            takes: .json(UserTransferRequest.self),
            answers: .created(Transfer.schema).orRefused(403, 409)
        ) { request in
            let wanted: UserTransferRequest = try await request.body()
            return .created(try await self.create(wanted, as: request).item())
        }
    }

    @RouteBuilder private var userDecisions: [Route] {
        Route(
            .delete,
            "/users/me/transfers/{transfer_id}",
            access: "calld.users.me.transfers.{transfer_id}.delete",
            "Cancel a transfer of the user",
            answers: .noContent
        ) { request in
            let user = try request.user()
            return try await self.cancel(try self.transfer(request, of: user).id, by: user)
        }
        Route(
            .put,
            "/users/me/transfers/{transfer_id}/complete",
            access: "calld.users.me.transfers.{transfer_id}.complete.update",
            "Complete a transfer of the user",
            answers: .noContent
        ) { request in
            let user = try request.user()
            return try await self.complete(try self.transfer(request, of: user).id, by: user)
        }
    }

    // MARK: What they do

    private func create(_ wanted: UserTransferRequest, as request: APIRequest) async throws -> Transfer {
        let user = try request.user()
        let initiator = ChannelID(wanted.initiator)
        let transferred = try await transferredParty(of: initiator, user: user)
        let context = try await mainContext(of: user, tenant: request.tenant)
        let order = TransferOrder(
            transferred: transferred,
            initiator: initiator,
            destination: Transfer.Destination(
                place: DialplanPlace(context: context, exten: wanted.exten),
                timeout: wanted.timeout
            ),
            isContextOfLine: true,
            flow: wanted.flow
        )
        return try await create(order, as: request.identity)
    }

    /// The transfer of the path, from memory, which is never behind the last event; another tenant's does not exist.
    private func transfer(_ request: APIRequest) throws -> Transfer {
        let id = request.path("transfer_id")
        guard let transfer = transfers.machine(id), request.identity.sees(transfer.tenant) else {
            throw Failure.noSuchTransfer(id)
        }
        return transfer
    }

    private func transfer(_ request: APIRequest, of user: UserID) throws -> Transfer {
        let transfer = try transfer(request)
        guard transfer.user == user else { throw Failure.notPermitted(user, "transfer", transfer.id) }
        return transfer
    }

    private func cancel(_ id: String, by user: UserID?) async throws -> APIResponse {
        do {
            _ = try await transfers.request(.cancelRequested(by: user), of: id)
            return .noContent
        } catch AggregateRefusal.notNow(let phase) {
            throw Failure.transferCancellation(id, "not possible while \(phase)")
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    private func complete(_ id: String, by user: UserID?) async throws -> APIResponse {
        do {
            _ = try await transfers.request(.completeRequested(by: user), of: id)
            return .noContent
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }
}

extension TransferRequest {
    fileprivate var order: TransferOrder {
        TransferOrder(
            transferred: ChannelID(transferred),
            initiator: ChannelID(initiator),
            destination: Transfer.Destination(
                place: DialplanPlace(context: context, exten: exten),
                variables: variables,
                timeout: timeout
            ),
            flow: flow
        )
    }
}
