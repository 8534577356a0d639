public import API
import Access
import CallControl
import CallRequests
import Core
import Directory
import Foundation
import Synchronization
import Telephony

/// The REST routes of switchboards (contract 20 §2).
extension Switchboards: RouteProviding {
    private static let requestLimit: Duration = .seconds(8)

    /// The routes.
    public var routes: [Route] {
        list(.queue, "The queued calls of a switchboard, oldest first")
        answer(.queue, "Ring the operator and take a queued call")
        list(.waitingRoom, "The held calls of a switchboard, oldest first")
        answer(.waitingRoom, "Ring the operator and take a held call")
        Route(
            .put,
            "\(Self.path(.waitingRoom))/{call_id}",
            access: "\(Self.access(.waitingRoom)).{call_id}.update",
            "Put a call into the waiting room of a switchboard",
            answers: .noContent
        ) { request in
            try await self.hold(
                ChannelID(request.path("call_id")),
                in: request.path("switchboard_uuid"),
                tenant: request.tenant
            )
            return .noContent
        }
        for room in WaitingCall.Room.allCases {
            Route.history(
                "\(Self.path(room))/{call_id}/history",
                access: "\(Self.access(room)).{call_id}.history.read",
                of: "a \(room.word) call",
                kind: room.rowKind,
                id: "call_id",
                within: "switchboard_uuid",
                in: ports.store,
                unknown: { Failure.noSuchCall(ChannelID($0)) }
            )
        }
    }

    private static func path(_ room: WaitingCall.Room) -> String {
        "/switchboards/{switchboard_uuid}/calls/\(room.word)"
    }

    private static func access(_ room: WaitingCall.Room) -> String {
        "calld.switchboards.{switchboard_uuid}.calls.\(room.word)"
    }

    private func list(_ room: WaitingCall.Room, _ summary: String) -> Route {
        Route(
            .get,
            Self.path(room),
            access: "\(Self.access(room)).read",
            summary,
            answers: .ok(.items(of: WaitingCall.schema))
        ) { request in
            try await self.calls(in: room, of: request.path("switchboard_uuid"), tenant: request.tenant)
        }
    }

    private func answer(_ room: WaitingCall.Room, _ summary: String) -> Route {
        Route(
            .put,
            "\(Self.path(room))/{call_id}/answer",
            access: "\(Self.access(room)).{call_id}.answer.update",
            summary,
            query: AnswerQuery.self,
            answers: .ok(.object(["call_id": .string]))
        ) { request in
            let query: AnswerQuery = try request.query()
            let channel = try await self.answer(
                ChannelID(request.path("call_id")),
                in: room,
                of: request.path("switchboard_uuid"),
                as: request.identity,
                line: query.line
            )
            return .ok(["call_id": .string(channel.rawValue)])
        }
    }

    /// The calls in a room, oldest first; from memory, which is never behind the last event.
    private func calls(in room: WaitingCall.Room, of switchboard: String, tenant: TenantID) async throws
        -> APIResponse
    {
        try await requireSwitchboard(switchboard, tenant: tenant)
        return await knownActor(SwitchboardID(tenant: tenant, id: switchboard))?.answer(listing: room) ?? .items([])
    }

    /// The order of the checks is the contract's (20 §2 "Hold").
    private func hold(_ call: ChannelID, in switchboard: String, tenant: TenantID) async throws {
        try await requireSwitchboard(switchboard, tenant: tenant)
        let target = actor(SwitchboardID(tenant: tenant, id: switchboard))
        guard let channel = try await heldParty(call, tenant: tenant), await !target.isHeld(channel.id) else {
            throw Failure.noSuchCall(call)
        }
        guard !target.writer.isStoreAway else { throw Failure.databaseUnreachable }
        if let owner = index.owner(of: channel.id), owner !== target {
            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                if !owner.mailbox.offer(.giveAway(channel.id) { done.resume() }) { done.resume() }
            }
        }
        let reply = Reply<Void>()
        let request = HoldRequest(channel: channel, expiry: .now + Self.requestLimit, reply: reply)
        try await offer(.hold(request), to: target, reply)
    }

    /// The channel that is to be held: the one that is named or, when that is an operator's leg, the caller with whom the
    /// operator talks, as clients hold a conversation by the id that the answer returned. `nil` when there is none, or it
    /// is another tenant's.
    private func heldParty(_ call: ChannelID, tenant: TenantID) async throws -> Channel? {
        do {
            guard let channel = try await ports.channels.channel(call) else { return nil }
            // A phone that rings for a call, or has just answered, talks with nobody yet.
            if let owner = index.owner(of: call), await owner.callOfOperator(call) != nil { return nil }
            guard let stasis = channel.stasis, case .answer(let owner, _, _, _)? = StasisArguments(stasis.arguments)
            else { return try await isOf(tenant, channel) ? channel : nil }
            guard owner == tenant, let caller = try await partner(of: call) else { return nil }
            return try await isOf(tenant, caller) ? caller : nil
        } catch TelephonyFailure.notFound {
            return nil
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }

    /// The only other channel of a conversation.
    private func partner(of leg: ChannelID) async throws -> Channel? {
        let conversation = try await ports.bridges.bridges().first { $0.kind == .mixing && $0.channels.contains(leg) }
        let others = (conversation?.channels ?? []).filter { $0 != leg }
        guard others.count == 1, let other = others.first else { return nil }
        return try await ports.channels.channel(other)
    }

    private func isOf(_ tenant: TenantID, _ channel: Channel) async throws -> Bool {
        let owner = try await ports.channels.variable("WAZO_TENANT_UUID", of: channel)
        return owner == nil || owner == tenant.rawValue
    }

    /// Hands a request to a switchboard and waits for its outcome.
    private func offer<Value>(_ input: SwitchboardActor.Input, to actor: SwitchboardActor, _ reply: Reply<Value>)
        async throws -> Value
    {
        guard actor.mailbox.offer(input) else {
            throw ports.failures.failure(for: .unreachable("the switchboard is overloaded"))
        }
        return try await reply.value(within: Self.requestLimit) { [failures = ports.failures] in
            actor.writer.isStoreAway
                ? Failure.databaseUnreachable
                : failures.failure(for: .unreachable("no answer within the limit"))
        }
    }

    private func requireSwitchboard(_ id: String, tenant: TenantID) async throws {
        guard try await ports.switchboards.switchboard(id, tenant: tenant) != nil else {
            throw Failure.noSuchSwitchboard(id)
        }
    }

    /// The order of the checks is the contract's (20 §2 "Answers").
    private func answer(
        _ call: ChannelID,
        in room: WaitingCall.Room,
        of switchboard: String,
        as identity: Identity,
        line: Int?
    ) async throws -> ChannelID {
        try await requireSwitchboard(switchboard, tenant: identity.tenant)
        guard let actor = knownActor(SwitchboardID(tenant: identity.tenant, id: switchboard)),
            await actor.isWaiting(call, in: room)
        else { throw Failure.noSuchCall(call) }
        let taker = try await taker(for: identity, line: line)
        guard !actor.writer.isStoreAway else { throw Failure.databaseUnreachable }
        let reply = Reply<ChannelID>()
        let request = AnswerRequest(
            call: call,
            room: room,
            taker: taker,
            expiry: .now + Self.requestLimit,
            reply: reply
        )
        return try await offer(.answer(request), to: actor, reply)
    }

    private func taker(for identity: Identity, line: Int?) async throws -> WaitingCall.Operator {
        guard let id = identity.user, let user = try await ports.users.user(id, tenant: identity.tenant) else {
            throw Failure.noSuchUser(identity.user)
        }
        let chosen = line.map { wanted in user.lines.first { $0.id == wanted } } ?? user.lines.first
        guard let chosen, let endpoint = chosen.endpoint?.answeringDialString else {
            throw line.map { Failure.noSuchLine($0, of: id) } ?? Failure.noMainLine(id)
        }
        return WaitingCall.Operator(
            channel: ChannelID("switchboard-operator-\(UUID().uuidString.lowercased())"),
            bridge: BridgeID(UUID().uuidString.lowercased()),
            endpoint: endpoint,
            user: id
        )
    }
}

/// The query of an answer: the only one of switchboards that refuses what it does not know (contract 20 §2).
private struct AnswerQuery: RequestFields {
    static let unknownFields: UnknownFields = .rejected
    /// The operator's line; `nil`, for 0 too: his main line.
    let line: Int?

    init(reading reader: inout FieldReader) {
        let line = reader.optional("line_id", .integer())
        self.line = line == 0 ? nil : line
    }
}

extension WaitingCall {
    /// Its ``item`` in the API's descriptions.
    fileprivate static let schema = Schema.named(
        "SwitchboardCall",
        .object(["id": .string, "caller_id_name": .string, "caller_id_number": .string])
    )
}
