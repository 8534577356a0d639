import Core
public import Directory
import ServiceClient

/// Forwards and services of users in confd, which tells phones and other services of each change (contract 41 §5).
/// Each method makes the calls that the platform's own handlers make. Users are not sought in one tenant.
extension ConfdDirectory: UserSettingStoring {
    /// `GET /users/{id}/forwards`
    public func forwards(of user: Int) async throws -> [ForwardKind: ForwardSetting] {
        let body = try await setting(["users", "\(user)", "forwards"])
        var forwards: [ForwardKind: ForwardSetting] = [:]
        for kind in ForwardKind.allCases {
            guard let forward = body[kind.rawValue], forward.object != nil else { continue }
            forwards[kind] = ForwardSetting(
                isEnabled: forward["enabled"]?.isTrue ?? false,
                destination: forward["destination"]?.filledText
            )
        }
        return forwards
    }

    /// `PUT /users/{id}/forwards/{kind}`, the destination only when there is one.
    public func setForward(_ kind: ForwardKind, to setting: ForwardSetting, of user: Int) async throws {
        var body: [String: JSONValue] = ["enabled": .bool(setting.isEnabled)]
        if let destination = setting.destination { body["destination"] = .string(destination) }
        try await perform(.put, ["users", "\(user)", "forwards", kind.rawValue], .object(body))
    }

    /// `PUT /users/{id}/forwards`
    public func disableForwards(of user: Int) async throws {
        var body: [String: JSONValue] = [:]
        for kind in ForwardKind.allCases { body[kind.rawValue] = ["enabled": false] }
        try await perform(.put, ["users", "\(user)", "forwards"], .object(body))
    }

    /// `GET /users/{id}/services/{name}`
    public func isEnabled(_ service: UserService, of user: Int) async throws -> Bool {
        try await setting(["users", "\(user)", "services", service.rawValue])["enabled"]?.isTrue ?? false
    }

    /// `PUT /users/{id}/services/{name}`
    public func setService(_ service: UserService, isEnabled: Bool, of user: Int) async throws {
        try await perform(.put, ["users", "\(user)", "services", service.rawValue], ["enabled": .bool(isEnabled)])
    }

    private func setting(_ path: [String]) async throws -> JSONValue {
        guard let body = try await get(path, tenant: nil) else { throw failure("no such user", 404) }
        guard body.object != nil else { throw failure("the answer is no object") }
        return body
    }
}
