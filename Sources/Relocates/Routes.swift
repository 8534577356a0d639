public import API
import Access
import CallControl
import Core
import Foundation
import Telephony

/// The REST routes of relocates (contract 22 §2).
extension Relocates: RouteProviding {
    /// The routes.
    public var routes: [Route] {
        Route(
            .get,
            "/users/me/relocates",
            access: "calld.users.me.relocates.read",
            "The user's relocates, oldest first",
            answers: .ok(.items(of: Relocate.schema))
        ) { request in .items(self.relocates(of: try request.user()).map(\.item)) }
        Route(
            .post,
            "/users/me/relocates",
            access: "calld.users.me.relocates.create",
            "Take a call of the user to another of his devices",
            takes: .json(RelocateRequest.self),
            answers: .created(Relocate.schema).orRefused(403, 409)
        ) { request in
            let wanted: RelocateRequest = try await request.body()
            return .created(try await self.begin(wanted, as: try request.user(), in: request.tenant).item)
        }
        Route(
            .get,
            "/users/me/relocates/{relocate_uuid}",
            access: "calld.users.me.relocates.{relocate_uuid}.read",
            "A relocate of the user",
            answers: .ok(Relocate.schema)
        ) { request in .ok(try self.relocate(request.path("relocate_uuid"), of: try request.user()).item) }
        decisions
    }

    @RouteBuilder private var decisions: [Route] {
        Route(
            .put,
            "/users/me/relocates/{relocate_uuid}/complete",
            access: "calld.users.me.relocates.{relocate_uuid}.complete.update",
            "Let the new device take over",
            answers: .noContent
        ) { request in
            try await self.complete(request.path("relocate_uuid"), as: try request.user())
            return .noContent
        }
        Route(
            .put,
            "/users/me/relocates/{relocate_uuid}/cancel",
            access: "calld.users.me.relocates.{relocate_uuid}.cancel.update",
            "Give up; the call stays where it is",
            answers: .noContent
        ) { request in
            try await self.cancel(request.path("relocate_uuid"), as: try request.user())
            return .noContent
        }
        Route.history(
            "/users/me/relocates/{relocate_uuid}/history",
            access: "calld.users.me.relocates.{relocate_uuid}.history.read",
            of: "a relocate of the user",
            kind: Relocate.rowKind,
            id: "relocate_uuid",
            in: ports.store,
            isOfUser: true,
            unknown: Failure.noSuchRelocate
        )
    }

    private func relocates(of user: UserID) -> [Relocate] {
        aggregates.machines.filter { $0.user == user }
            .sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    private func relocate(_ id: String, of user: UserID) throws -> Relocate {
        guard let relocate = aggregates.machine(id), relocate.user == user else { throw Failure.noSuchRelocate(id) }
        return relocate
    }

    // MARK: Beginning

    /// The order of the checks is the contract's (22 §2).
    private func begin(_ wanted: RelocateRequest, as user: UserID, in tenant: TenantID) async throws -> Relocate {
        let initiator = ChannelID(wanted.initiatorCall)
        let channelTenant = try await self.tenant(of: initiator, owner: user) ?? tenant
        let destination = try await RelocateDestination.find(
            wanted.destination,
            of: user,
            tenant: tenant,
            in: ports.users
        )
        let relocated = try await onlyPeer(of: initiator)
        let endpoint = try await destination.endpoint(askedOn: initiator, ports)
        let id = UUID().uuidString.lowercased()
        let relocate = Relocate(
            id: id,
            tenant: channelTenant,
            user: user,
            initiator: initiator,
            relocated: relocated,
            recipient: ChannelID("relocate-recipient-\(id)"),
            device: Relocate.Device(
                endpoint: endpoint,
                user: user,
                tenant: channelTenant,
                isAutoAnswered: wanted.isAutoAnswered
            ),
            completions: wanted.completions,
            timeout: wanted.timeout,
            createdAt: ports.clock.now
        )
        return try await create(relocate)
    }

    private func create(_ relocate: Relocate) async throws -> Relocate {
        do {
            return try await aggregates.create(
                relocate,
                beginning: .requested(by: relocate.user),
                unless: { $0.channels.contains(relocate.initiator) }
            )
        } catch AggregateRefusal.conflict {
            throw Failure.relocateAlreadyStarted(relocate.initiator)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: relocate.id)
        }
    }

    /// The tenant of the user's own channel, if it has one.
    private func tenant(of call: ChannelID, owner user: UserID) async throws -> TenantID? {
        do {
            guard let channel = try await ports.channels.channel(call),
                try await ports.parties.user(of: channel) == user
            else { throw Failure.notYourCall(call, user: user) }
            return try await ports.parties.tenant(of: channel)
        } catch TelephonyFailure.notFound {
            throw Failure.notYourCall(call, user: user)
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }

    private func onlyPeer(of initiator: ChannelID) async throws -> ChannelID {
        let peers = try await ports.asking { try await ports.parties.peers(of: initiator) }
        guard let peer = peers.first else {
            let details: [String: JSONValue] = ["initiator_call": .string(initiator.rawValue)]
            throw Failure.relocateCreation("relocated channel not found", details)
        }
        guard peers.count == 1 else { throw Failure.tooManyCandidates(peers) }
        return peer
    }

    // MARK: Deciding

    private func complete(_ id: String, as user: UserID) async throws {
        let relocate = try relocate(id, of: user)
        do {
            _ = try await aggregates.request(.completionRequested(by: user, at: ports.clock.now), of: relocate.id)
        } catch AggregateRefusal.notNow(let phase) {
            // Later it is being done, or done, already.
            if Relocate.isBeforeAnswer(phase) { throw Failure.completionTooEarly }
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    private func cancel(_ id: String, as user: UserID) async throws {
        let relocate = try relocate(id, of: user)
        do {
            _ = try await aggregates.request(.cancellationRequested(by: user), of: relocate.id)
        } catch AggregateRefusal.notNow(let phase) {
            if Relocate.isChangingSides(phase) { throw Failure.cancellationTooLate }
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    private func failure(for refusal: AggregateRefusal, of id: String) -> Failure {
        switch refusal {
        case .notFound, .conflict, .notNow: .noSuchRelocate(id)
        case .failed(let failure): failure
        case .databaseUnreachable: .databaseUnreachable
        case .late: ports.failures.failure(for: .unreachable("no answer within the limit"))
        }
    }
}

extension Relocate {
    fileprivate static func isBeforeAnswer(_ phase: String) -> Bool {
        [Phase.starting, .ringing].contains { $0.name == phase }
    }

    fileprivate static func isChangingSides(_ phase: String) -> Bool {
        [Phase.completing(until: .distantPast), .waitingForRelocated(until: .distantPast), .connecting(isParted: true)]
            .contains { $0.name == phase }
    }
}
