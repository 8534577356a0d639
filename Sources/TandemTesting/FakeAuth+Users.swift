public import Core

/// Refresh tokens and sessions of users (contract 38 §1.2).
extension FakeAuth {
    /// A user with the golden refresh tokens and sessions.
    /// - Throws: when a golden body is missing.
    public func addGoldenApplications(of user: UserID) throws {
        let tokens = try GoldenBodies.body("auth.user.tokens.mobile")["items"]?.array ?? []
        let sessions = try GoldenBodies.body("auth.user.sessions")["items"]?.array ?? []
        change(applicationsOf: user.rawValue) { applications in
            applications.sessions = sessions
            applications.tokens =
                tokens + [["client_id": "desk", "mobile": false, "user_uuid": .string(user.rawValue)]]
        }
    }

    /// A user with one application, or with none.
    /// - Parameters:
    ///   - token: Whether its refresh token is that of a mobile application; `nil`: it has none.
    ///   - session: Whether its session is that of a mobile application; `nil`: it has none.
    public func add(_ user: UserID, token: Bool?, session: Bool?) {
        change(applicationsOf: user.rawValue) { applications in
            applications.tokens = token.map { [["client_id": "one", "mobile": .bool($0)]] } ?? []
            applications.sessions = session.map { [["mobile": .bool($0)]] } ?? []
        }
    }

    /// `GET /users/<uuid>/tokens` and `/sessions`.
    func userPart(_ request: FakeService.Request, _ parts: [String]) -> FakeService.Answer {
        let (user, kind) = (parts[2], parts[3])
        guard request.method == "GET", ["tokens", "sessions"].contains(kind) else { return .init(404) }
        switch applications(of: user, for: request, access: "auth.users.\(user).\(kind).read") {
        case .failure(let refusal):
            return refusal.answer
        case .success(let found):
            let all = kind == "tokens" ? found.tokens : found.sessions
            let wanted = kind == "tokens" ? request.query["mobile"]?.lowercased() : nil
            let items = all.filter { wanted == nil || $0["mobile"] == .bool(wanted == "true") }
            return .init(
                200,
                [
                    "total": .integer(Int64(all.count)), "filtered": .integer(Int64(items.count)),
                    "items": .array(items),
                ]
            )
        }
    }
}
