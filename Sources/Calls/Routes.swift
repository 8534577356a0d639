public import API
import Access
import CallControl
import CallRequests
import Core
import Directory
import NIOCore
import Telephony

/// The REST routes of calls (contract 10 §2).
extension Calls: RouteProviding {
    /// The routes.
    public var routes: [Route] {
        lists
        placing
        single
        actionRoutes(of: .tenant)
        actionRoutes(of: .user)
    }

    @RouteBuilder private var lists: [Route] {
        Route(
            .get,
            "/calls",
            access: "calld.calls.read",
            "The calls of a tenant",
            query: ListQuery.self,
            answers: .ok(.items(of: Call.schema))
        ) { request in
            let tenant = try self.wantedTenant(request)
            return try await self.list(request) { tenant == nil || $0.tenant == tenant }
        }
        Route(
            .get,
            "/users/me/calls",
            access: "calld.users.me.calls.read",
            "The calls of the user",
            query: ListQuery.self,
            answers: .ok(.items(of: Call.schema))
        ) { request in
            let user = try request.user()
            return try await self.list(request) { !$0.isLocal && $0.user == user }
        }
    }

    @RouteBuilder private var placing: [Route] {
        Route(
            .post,
            "/calls",
            access: "calld.calls.create",
            "Place a call",
            takes: .json(CallRequest.self),
            answers: .created(Call.schema)
        ) { request in
            let wanted: CallRequest = try await request.body()
            return .created(try await self.place(wanted.order(in: request.tenant)).json)
        }
        Route(
            .post,
            "/users/me/calls",
            access: "calld.users.me.calls.create",
            "Place a call from the user's phone",
            takes: .json(UserCallRequest.self),
            answers: .created(Call.schema)
        ) { request in
            let wanted: UserCallRequest = try await request.body()
            return .created(try await self.place(try await self.order(wanted, of: request)).json)
        }
    }

    @RouteBuilder private var single: [Route] {
        Route(
            .get,
            "/calls/{call_id}",
            access: "calld.calls.{call_id}.read",
            "A call",
            answers: .ok(Call.schema)
        ) { request in
            let id = ChannelID(request.path("call_id"))
            return try await self.asking {
                guard let call = try await self.reader.call(id), call.record.tenant == request.tenant else {
                    throw Failure.noSuchCall(id)
                }
                return .ok(call.json)
            }
        }
        Route(
            .put,
            "/calls/{call_id}/user/{user_uuid}",
            access: "calld.calls.{call_id}.user.{user_uuid}.update",
            "Connect a call that is in an application to a user",
            takes: .optionalJSON(ConnectRequest.self),
            answers: .ok(Call.schema)
        ) { request in
            let wanted: ConnectRequest = try await request.optionalBody()
            return try await self.asking { .ok(try await self.connect(request, timeout: wanted.timeout).json) }
        }
    }

    /// Turns what ports throw into what clients are told.
    func asking<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        } catch is VariableNotVisible {
            throw ports.failures.failure(for: .internalError("a variable did not take its value"))
        }
    }

    // MARK: Lists

    /// The tenant whose calls are listed; `nil`: all, channels without a tenant too (contract 10 §2.1).
    private func wantedTenant(_ request: APIRequest) throws -> TenantID? {
        guard request.queryFlag("recurse") else { return request.tenant }
        if request.identity.seesAllTenants { return nil }
        guard let master = ports.masterTenant() else { throw Failure.masterTenantUnknown }
        return request.tenant == master ? nil : request.tenant
    }

    private func list(_ request: APIRequest, _ isOwn: @escaping (ChannelRecord) -> Bool) async throws -> APIResponse {
        try await asking {
            let isIn = try await self.membership(request)
            let isWanted = { (record: ChannelRecord) in isOwn(record) && isIn(record) }
            if let registry = self.reader.registry { return .calls(registry.texts(where: isWanted)) }
            return .items(try await self.reader.calls(where: isWanted).map(\.json))
        }
    }

    /// Whether a channel is in the application of the query.
    private func membership(_ request: APIRequest) async throws -> (ChannelRecord) -> Bool {
        guard let name = request.queryText("application"), !name.isEmpty else { return { _ in true } }
        guard let application = try await ports.applications.application(name) else { return { _ in false } }
        let listed = Set(application.channels)
        let hearsAll = listed.contains(ChannelID("__AST_CHANNEL_ALL_TOPIC"))
        let instance = request.queryText("application_instance")
        return { [stasis] record in
            guard hearsAll || listed.contains(record.id) else { return false }
            guard let instance else { return true }
            let entry = stasis.entry(of: record)
            return entry?.application == name && entry?.instance == instance
        }
    }

    // MARK: Placing

    private func place(_ order: CallOrder) async throws -> Call {
        try await asking { try await self.origination.place(order) }
    }

    /// The order of the checks is the contract's (10 §2.6).
    private func order(_ wanted: UserCallRequest, of request: APIRequest) async throws -> CallOrder {
        let user = try request.user()
        guard let record = try await ports.users.user(user, tenant: request.tenant) else {
            throw Failure.invalidUser(user)
        }
        let line = try CallOrigination.line(wanted.isFromMobile ? nil : wanted.line, of: record)
        return CallOrder(
            user: user,
            tenant: request.tenant,
            line: wanted.line,
            isFromMobile: wanted.isFromMobile,
            isFromAllLines: wanted.isFromAllLines,
            answersByItself: wanted.answersByItself,
            destination: DialplanPlace(context: line.context, exten: wanted.exten),
            isContextOfLine: true,
            variables: wanted.variables
        )
    }

    // MARK: Connecting

    private func connect(_ request: APIRequest, timeout: Int) async throws -> Call {
        let caller = try await actions.record(ChannelID(request.path("call_id")), in: request.tenant)
        let id = UserID(request.path("user_uuid"))
        guard let user = try await ports.users.user(id, tenant: request.tenant) else { throw Failure.invalidUser(id) }
        guard let endpoint = try CallOrigination.line(nil, of: user).endpoint?.dialString else {
            throw Failure.noMainLine(id)
        }
        guard let entry = stasis.entry(of: caller), let instance = entry.instance else {
            throw Failure.notConnectable(caller.id)
        }
        let channel = try await stasis.connect(
            caller,
            instance: instance,
            to: endpoint,
            timeout: timeout
        )
        return try await reader.shownCall(channel.id) ?? Call(ChannelRecord(channel))
    }
}

extension APIResponse {
    /// `{"items": […]}` of call objects that are text already.
    fileprivate static func calls(_ texts: [[UInt8]]) -> APIResponse {
        var body = ByteBufferAllocator().buffer(capacity: texts.reduce(16) { $0 + $1.count + 1 })
        body.writeString(#"{"items":["#)
        for (index, text) in texts.enumerated() {
            if index > 0 { body.writeInteger(UInt8(ascii: ",")) }
            body.writeBytes(text)
        }
        body.writeString("]}\n")
        return APIResponse(body, mediaType: "application/json")
    }
}

/// The query of lists; all of it is read by hand, as the contract's flags are.
private struct ListQuery: RequestFields {
    init(reading reader: inout FieldReader) {
        _ = reader.optional("application", .string())
        _ = reader.optional("application_instance", .string())
        _ = reader.optional("recurse", .string())
    }
}

extension CallRequest {
    fileprivate func order(in tenant: TenantID) -> CallOrder {
        CallOrder(
            user: source.user,
            tenant: tenant,
            line: source.line,
            isFromMobile: source.isFromMobile,
            isFromAllLines: source.isFromAllLines,
            answersByItself: source.answersByItself,
            destination: destination.place,
            variables: variables
        )
    }
}

extension Call {
    /// The call object in the API's descriptions.
    static let schema = Schema.named(
        "Call",
        .object([
            "call_id": .string, "conversation_id": .string.nullable, "creation_time": .string,
            "answer_time": .string.nullable, "hangup_time": .string.nullable, "status": .string,
            "caller_id_name": .string, "caller_id_number": .string, "peer_caller_id_name": .string,
            "peer_caller_id_number": .string.nullable, "user_uuid": .string.nullable, "on_hold": .boolean,
            "muted": .boolean, "parked": .boolean, "record_state": .string, "bridges": .list(of: .string),
            "talking_to": .map(of: .string.nullable), "is_caller": .boolean, "is_video": .boolean,
            "dialed_extension": .string.nullable, "sip_call_id": .string.nullable, "line_id": .integer.nullable,
            "direction": .string,
        ])
    )
}
