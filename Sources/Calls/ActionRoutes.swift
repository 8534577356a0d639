import API
import Access
import CallControl
import Core
import Telephony

/// Routes that do something with a call, for a tenant and, behind `users/me`, for the user whose call it is.
extension Calls {
    /// Whose calls a route is for.
    enum Scope: Sendable {
        case tenant, user

        fileprivate var path: String { self == .tenant ? "/calls/{call_id}" : "/users/me/calls/{call_id}" }
        fileprivate var access: String { self == .tenant ? "calld.calls.{call_id}" : "calld.users.me.calls.{call_id}" }
    }

    @RouteBuilder func actionRoutes(of scope: Scope) -> [Route] {
        Route(
            .delete,
            scope.path,
            access: "\(scope.access).delete",
            "Hang up a call",
            answers: .noContent
        ) { request in
            try await self.acting(request, scope) { try await self.actions.hangUp($0.id) }
        }
        action(scope, "mute/start", "Mute a call") { try await self.actions.mute($0, true) }
        action(scope, "mute/stop", "Let a call be heard again") { try await self.actions.mute($0, false) }
        action(scope, "hold/start", "Hold a call by its phone") { try await self.actions.tell(.hold, to: $0) }
        action(scope, "hold/stop", "Resume a call by its phone") { try await self.actions.tell(.unhold, to: $0) }
        action(scope, "answer", "Answer a call by its phone") { try await self.actions.tell(.answer, to: $0) }
        Route(
            .put,
            "\(scope.path)/dtmf",
            access: "\(scope.access).dtmf.update",
            "Send digits as if the call had",
            query: ToneQuery.self,
            answers: .noContent
        ) { request in
            let query: ToneQuery = try request.query()
            return try await self.acting(request, scope) { try await self.actions.send(query.digits, to: $0) }
        }
    }

    private func action(
        _ scope: Scope,
        _ name: String,
        _ summary: String,
        _ body: @escaping @Sendable (ChannelRecord) async throws -> Void
    ) -> Route {
        Route(
            .put,
            "\(scope.path)/\(name)",
            access: "\(scope.access).\(name.replacing(text: "/", by: ".")).update",
            summary,
            answers: .noContent
        ) { request in
            try await self.acting(request, scope, body)
        }
    }

    /// Owner check first, then tenant check (contract 10 §2).
    private func acting(
        _ request: APIRequest,
        _ scope: Scope,
        _ body: (ChannelRecord) async throws -> Void
    ) async throws -> APIResponse {
        let id = ChannelID(request.path("call_id"))
        let user = scope == .user ? try request.user() : nil
        return try await asking {
            if let user { _ = try await self.actions.record(id, of: user) }
            try await body(try await self.actions.record(id, in: request.tenant))
            return .noContent
        }
    }
}
