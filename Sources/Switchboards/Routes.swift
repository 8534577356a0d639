public import API
import Access
import CallControl
import Core
import Directory
import Foundation
public import Hummingbird
import Synchronization
import Telephony

/// The REST routes of switchboards (contract 20 §2).
extension Switchboards: RouteProviding {
    private static let requestLimit: Duration = .seconds(8)

    /// Adds the routes.
    public func addRoutes(to group: RouterGroup<APIContext>, authorizer: Authorizer) {
        let queued = group.group("switchboards").group(":switchboard_uuid").group("calls").group("queued")
        queued.get { request, context in
            let switchboard = context.pathParameter("switchboard_uuid")
            let identity = try await authorizer.identity(
                of: request,
                for: "calld.switchboards.{switchboard_uuid}.calls.queued.read",
                ["switchboard_uuid": switchboard]
            )
            let calls = try await self.queuedCalls(of: switchboard, tenant: identity.tenant)
            return JSONResponse(["items": .array(calls.map(\.item))])
        }
        queued.put(":call_id/answer") { request, context in
            let switchboard = context.pathParameter("switchboard_uuid")
            let call = context.pathParameter("call_id")
            let identity = try await authorizer.identity(
                of: request,
                for: "calld.switchboards.{switchboard_uuid}.calls.queued.{call_id}.answer.update",
                ["switchboard_uuid": switchboard, "call_id": call]
            )
            let line = try Self.line(in: request)
            let channel = try await self.answer(ChannelID(call), of: switchboard, as: identity, line: line)
            return JSONResponse(["call_id": .string(channel.rawValue)])
        }
    }

    /// Query parameter `line_id`, the only one that is accepted; 0 means the main line.
    private static func line(in request: Request) throws -> Int? {
        var faults: [String: JSONValue] = [:]
        var line: Int?
        for (name, value) in request.uri.queryParameters {
            guard name == "line_id" else {
                faults[String(name)] = ["Unknown field."]
                continue
            }
            line = Coercion.integer(String(value))
            if line == nil { faults["line_id"] = ["Not a valid integer."] }
        }
        if !faults.isEmpty { throw Failure.invalidData(faults) }
        return line == 0 ? nil : line
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
