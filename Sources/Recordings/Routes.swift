public import API
import Access
import CallControl
import Core
import Telephony

/// `record/start`, `stop`, `pause`, `resume` of a call, for a tenant and for the user whose call it is.
extension Recordings: RouteProviding {
    /// The operations.
    public var routes: [Route] {
        for action in RecordingActions.Action.allCases {
            route(action, ofUser: false)
            route(action, ofUser: true)
        }
    }

    private func route(_ action: RecordingActions.Action, ofUser: Bool) -> Route {
        let path = ofUser ? "/users/me/calls/{call_id}" : "/calls/{call_id}"
        let access = ofUser ? "calld.users.me.calls.{call_id}" : "calld.calls.{call_id}"
        let summary =
            switch action {
            case .start: "Record a call"
            case .stop: "Record a call no more"
            case .pause: "Pause the recording of a call"
            case .resume: "Resume the recording of a call"
            }
        return Route(
            .put,
            "\(path)/record/\(action.rawValue)",
            access: "\(access).record.\(action.rawValue).update",
            summary,
            answers: .noContent.orRefused(403)
        ) { request in
            let user = ofUser ? try request.user() : nil
            try await self.perform(
                action,
                on: ChannelID(request.path("call_id")),
                tenant: request.tenant,
                user: user
            )
            return .noContent
        }
    }

    private func perform(
        _ action: RecordingActions.Action,
        on id: ChannelID,
        tenant: TenantID,
        user: UserID?
    ) async throws {
        do {
            guard let call = try await ports.channels.channel(id) else { throw Failure.noSuchCall(id) }
            if let user {
                guard !call.name.begins(with: "Local/") else { throw Failure.noSuchCall(id) }
                guard try await ports.variables.variable("WAZO_USERUUID", of: call) == user.rawValue else {
                    throw Failure.notPermitted(user, call: id)
                }
            }
            let owner = try await ports.variables.variable("WAZO_TENANT_UUID", of: call)
            if owner == nil, action == .pause { throw Failure.recordingPauseError(id, missing: "WAZO_TENANT_UUID") }
            guard owner == tenant.rawValue else { throw Failure.noSuchCall(id) }
            try await actions.perform(action, on: call)
        } catch TelephonyFailure.notFound {
            throw Failure.noSuchCall(id)
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        } catch ManagerFailure.refused("No such channel", _) {
            throw Failure.noSuchCall(id)
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        }
    }

    /// What the dialplan's handlers ask for (contract 41 §4): as the routes of a tenant do.
    /// - Parameters:
    ///   - action: `start`, `stop`, `pause` or `resume`.
    ///   - tenant: The tenant of the channel.
    /// - Throws: `Failure`.
    public func perform(_ action: String, on call: String, tenant: String) async throws {
        guard let action = RecordingActions.Action(rawValue: action) else { throw Failure.noSuchCall(ChannelID(call)) }
        try await perform(action, on: ChannelID(call), tenant: TenantID(tenant), user: nil)
    }
}
