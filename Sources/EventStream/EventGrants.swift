import API
import Access
import Core

/// Which events a token grants, asked of whoever keeps the tokens; an answer counts for a few seconds.
struct EventGrants: Sendable {
    /// The token counts no more, or nobody can be asked: the client must come again.
    struct TokenGone: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    private struct Answer {
        var isGranted: Bool
        var until: ContinuousClock.Instant
    }

    private static let life: Duration = .seconds(5)
    /// Required accesses hold ids, so there is no end of them.
    private static let limit = 512

    private let identities: any IdentityChecking
    private let credentials: RequestCredentials
    private var answers: [String: Answer] = [:]
    /// Whether an event was granted so far, or its owner was told that none is.
    private var isWellKnown = false

    init(_ identities: any IdentityChecking, _ credentials: RequestCredentials) {
        self.identities = identities
        self.credentials = credentials
    }

    /// Whether the token grants an event.
    /// - Throws: ``TokenGone``
    mutating func grant(_ event: StreamedEvent) async throws -> Bool {
        for access in event.requiredAccess where try await grants(access) {
            isWellKnown = true
            return true
        }
        return false
    }

    /// Whether an event that is not granted is worth a word: the first one, when none was granted before. Its owner may
    /// have forgotten the access to events, which the access to the stream does not hold.
    mutating func isFirstRefusal() -> Bool {
        defer { isWellKnown = true }
        return !isWellKnown
    }

    /// - Throws: ``TokenGone`` when the token no longer opens the stream.
    mutating func check() async throws {
        guard try await grants(EventStreamRoutes.access) else { throw TokenGone(reason: "the access was taken away") }
    }

    private mutating func grants(_ access: String) async throws -> Bool {
        let now = ContinuousClock.now
        if let answer = answers[access], answer.until > now { return answer.isGranted }
        let isGranted: Bool
        do {
            _ = try await identities.identity(
                ofToken: credentials.token,
                for: access,
                tenant: credentials.tenant,
                duringOutage: true
            )
            isGranted = true
        } catch AccessFailure.missingPermissionOrInvalidTenant {
            isGranted = false
        } catch {
            throw TokenGone(reason: "\(error)")
        }
        if answers.count >= Self.limit { answers.removeAll(keepingCapacity: true) }
        answers[access] = Answer(isGranted: isGranted, until: now + Self.life)
        return isGranted
    }
}
