import Access
import Core
import Foundation
import Identity

/// The check of a token, and its core, the access list.
enum TokenFigures {
    /// What wazo-auth's default policy gives to a user, in its size and its kinds of patterns.
    static let userList: [String] =
        ["agentd", "amid", "auth", "call-logd", "chatd", "confd", "dird", "plugind", "phoned", "setupd", "webhookd"]
        .flatMap { service in
            ["users.me.read", "users.me.update", "users.me.*.read", "users.me.lines.#", "users.me.#.read"]
                .map { "\(service).\($0)" }
        }
        + ["!calld.users.me.faxes.#", "events.users.me.#", "websocketd", "calld.users.me.calls.*.hold.edit"]
        + ["calld.users.me.transfers.#", "calld.users.me.calls.create", "calld.users.me.calls.#.read"]
    private static let access = "calld.users.me.calls.1455_13.read"
    private static let checks = 50_000

    static func measure() async throws -> [Figure] {
        let cached = try await CachedIdentity.running { try await microseconds(of: $0, token: CachedIdentity.token) }
        let secret = LocalTokens.makeSecret()
        let tokens = OneToken(secret: secret, acl: userList)
        let local = try await microseconds(
            of: LocalIdentity(store: tokens, logger: CachedIdentity.silent),
            token: secret
        )
        let user = ACL(userList, me: CachedIdentity.user)
        let service = ACL(["amid.action.*.create", "calld.#", "confd.#.read", "dird.#", "auth.users.*.read"])
        return [
            Figure("token of wazo-auth, in memory", cached, .microseconds, goal: .atMost(50)),
            Figure("local token, \(userList.count) patterns, row at hand", local, .microseconds, goal: .atMost(50)),
            Figure("access list of \(userList.count), the last grants", try grants(user, access, true), .microseconds),
            Figure("access list of \(userList.count), none grants", try grants(user, "x.y", false), .microseconds),
            Figure("access list of 5", try grants(service, access, true), .microseconds),
        ]
    }

    private static func microseconds(of identity: any IdentityChecking, token: String) async throws -> Double {
        try await Meter.median {
            for _ in 0..<checks {
                _ = try await identity.identity(ofToken: token, for: access, tenant: nil, duringOutage: false)
            }
            return checks
        }.microseconds
    }

    private static func grants(_ list: ACL, _ access: String, _ expected: Bool) throws -> Double {
        var wrong = 0
        let cost = Meter.medianNow {
            for _ in 0..<checks where list.grants(access) != expected { wrong += 1 }
            return checks
        }
        guard wrong == 0 else { throw BenchFailure("the access list is wrong about \(access)") }
        return cost.microseconds
    }
}

extension Meter {
    /// The same for work that waits for nothing.
    static func medianNow(of body: () -> Int) -> Cost {
        var costs: [Cost] = []
        for _ in 0..<rounds {
            let clock = ContinuousClock.now
            let processor = processorSeconds
            let count = body()
            let seconds = (ContinuousClock.now - clock) / .seconds(1)
            costs.append(Cost(count: count, seconds: seconds, processorSeconds: processorSeconds - processor))
        }
        return middle(costs)
    }
}

/// A store that has the row at hand: PostgreSQL's part is left out.
private struct OneToken: LocalTokenStoring {
    private let known: LocalToken

    init(secret: String, acl: [String]) {
        known = LocalToken(
            id: "e0000000-0000-4000-8000-000000000001",
            secretHash: LocalTokens.hash(secret),
            tenant: CachedIdentity.tenant,
            user: UserID(CachedIdentity.user),
            acl: acl,
            expiresAt: nil,
            isMaster: false,
            label: "bench",
            createdAt: Date()
        )
    }

    func insert(_ token: LocalToken) async throws {}
    func token(secretHash: String) async throws -> LocalToken? { secretHash == known.secretHash ? known : nil }
    func tokens() async throws -> [LocalToken] { [known] }
    func revoke(id: String) async throws -> Bool { false }
}
