public import Core
import Foundation
public import ServiceClient

/// What wazo-auth knows of a user's applications (contract 41 §0 "SIP interface" step 3, 38 §1.2). Somebody waits for
/// his call to ring meanwhile: the time is limited as a whole.
public struct AuthUserClient: Sendable {
    private let client: ServiceClient
    private let limit: Duration

    /// - Parameters:
    ///   - client: Client of auth, version 0.1, with the service's own token.
    ///   - limit: How long both questions may take together.
    public init(client: ServiceClient, limit: Duration = .seconds(1)) {
        self.client = client
        self.limit = limit
    }

    /// Whether the user has a refresh token of a mobile application, or else a session of one.
    /// - Throws: ``SiblingFailure``; `CancellationError`.
    public func hasMobile(_ user: UserID) async throws -> Bool {
        // Another text would make another path of it.
        guard UUID(uuidString: user.rawValue) != nil else {
            throw SiblingFailure(service: client.name, text: "not the uuid of a user")
        }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await self.ask(user) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw SiblingFailure(service: client.name, text: "no answer within \(limit)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func ask(_ user: UserID) async throws -> Bool {
        var tokens = ServiceRequest(.get, ["users", user.rawValue, "tokens"])
        tokens.query = [("mobile", "True")]
        if let count = try await client.body(of: tokens)["filtered"]?.integer, count > 0 { return true }
        let sessions = try await client.body(of: ServiceRequest(.get, ["users", user.rawValue, "sessions"]))
        return sessions["items"]?.array?.contains { $0["mobile"] == .bool(true) } ?? false
    }
}
