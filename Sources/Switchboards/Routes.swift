public import API
import Access
import CallControl
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
        let queued = "/switchboards/{switchboard_uuid}/calls/queued"
        let access = "calld.switchboards.{switchboard_uuid}.calls.queued"
        Route(
            .get,
            queued,
            access: "\(access).read",
            "The queued calls of a switchboard, oldest first",
            answers: .ok(.items(of: QueuedCall.schema))
        ) { request in
            let calls = try await self.queuedCalls(of: request.path("switchboard_uuid"), tenant: request.tenant)
            return .items(calls.map(\.item))
        }
        Route(
            .put,
            "\(queued)/{call_id}/answer",
            access: "\(access).{call_id}.answer.update",
            "Ring the operator and take a queued call",
            query: AnswerQuery.self,
            answers: .ok(.object(["call_id": .string]))
        ) { request in
            let query: AnswerQuery = try request.query()
            let channel = try await self.answer(
                ChannelID(request.path("call_id")),
                of: request.path("switchboard_uuid"),
                as: request.identity,
                line: query.line
            )
            return .ok(["call_id": .string(channel.rawValue)])
        }
    }

    /// The queue of a switchboard, oldest call first; from memory, which is never behind the last event.
    private func queuedCalls(of switchboard: String, tenant: TenantID) async throws -> [QueuedCall] {
        try await requireSwitchboard(switchboard, tenant: tenant)
        return await knownActor(SwitchboardID(tenant: tenant, id: switchboard))?.queue ?? []
    }

    private func requireSwitchboard(_ id: String, tenant: TenantID) async throws {
        guard try await ports.switchboards.switchboard(id, tenant: tenant) != nil else {
            throw Failure.noSuchSwitchboard(id)
        }
    }

    /// The order of the checks is the contract's (20 §2 "Answers").
    private func answer(
        _ call: ChannelID,
        of switchboard: String,
        as identity: Identity,
        line: Int?
    ) async throws -> ChannelID {
        try await requireSwitchboard(switchboard, tenant: identity.tenant)
        guard let actor = knownActor(SwitchboardID(tenant: identity.tenant, id: switchboard)),
            await actor.isWaiting(call)
        else { throw Failure.noSuchCall(call.rawValue) }
        let taker = try await taker(for: identity, line: line)
        guard !actor.isStoreAway.withLock({ $0 }) else { throw Failure.databaseUnreachable }
        let reply = AnswerRequest.Reply()
        let request = AnswerRequest(
            call: call,
            taker: taker,
            expiry: .now + Self.requestLimit,
            reply: reply
        )
        guard actor.mailbox.offer(.answer(request)) else {
            throw ports.failures.failure(for: .unreachable("the switchboard is overloaded"))
        }
        return try await reply.value(within: Self.requestLimit) { [failures = ports.failures] in
            actor.isStoreAway.withLock { $0 }
                ? .databaseUnreachable : failures.failure(for: .unreachable("no answer within the limit"))
        }
    }

    private func taker(for identity: Identity, line: Int?) async throws -> QueuedCall.Operator {
        guard let id = identity.user, let user = try await ports.users.user(id, tenant: identity.tenant) else {
            throw Failure.noSuchUser(identity.user)
        }
        let chosen = line.map { wanted in user.lines.first { $0.id == wanted } } ?? user.lines.first
        guard let chosen, let endpoint = chosen.endpoint else {
            throw line.map { Failure.noSuchLine($0, of: id) } ?? Failure.noMainLine(id)
        }
        return QueuedCall.Operator(
            channel: ChannelID("switchboard-operator-\(UUID().uuidString.lowercased())"),
            bridge: BridgeID(UUID().uuidString.lowercased()),
            endpoint: endpoint.autoAnswering,
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

extension QueuedCall {
    /// Its ``item`` in the API's descriptions.
    fileprivate static let schema = Schema.named(
        "SwitchboardCall",
        .object(["id": .string, "caller_id_name": .string, "caller_id_number": .string])
    )
}

extension LineRecord.Endpoint {
    /// What is dialled so that the phone answers by itself (contract 00 §5.6, contract 20 §5.3).
    var autoAnswering: String {
        switch self {
        case .sip(let name): "PJSIP/\(name)"
        case .sccp(let name): "sccp/\(name)/autoanswer"
        case .custom(let interface): interface
        }
    }
}
