import Core
import Foundation
import Synchronization

/// Accesses that our token was found to lack at a service. What was refused a moment ago is not asked again: a caller
/// may be waiting, and the answer changes only when somebody changes a policy.
final class AccessRefusals: Sendable {
    /// How long a refusal counts.
    static let life: Duration = .seconds(60)
    /// Kinds of requests that are remembered; there are far fewer in our code.
    private static let limit = 200

    private struct Refusal {
        var answer: ServiceAnswer
        var access: String
        var end: ContinuousClock.Instant
    }

    private struct State {
        var refusals: [Kind: Refusal] = [:]
        /// Accesses that the log was told of.
        var told: Set<String> = []
    }

    /// Requests that need the same access: ids in the path make no difference, the tenant does.
    private struct Kind: Hashable {
        var method: ServiceRequest.Method
        var path: [String]
        var tenant: TenantID?

        init(_ request: ServiceRequest) {
            method = request.method
            path = request.path.map { Self.isID($0) ? "*" : $0 }
            tenant = request.tenant
        }

        private static func isID(_ part: String) -> Bool {
            UUID(uuidString: part) != nil || !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    private let state = Mutex(State())

    /// The refusal that a request of this kind got lately.
    func answer(to request: ServiceRequest, at now: ContinuousClock.Instant) -> ServiceAnswer? {
        state.withLock { state in
            guard !state.refusals.isEmpty, let known = state.refusals[Kind(request)], now < known.end else {
                return nil
            }
            return known.answer
        }
    }

    /// Remembers a refusal.
    /// - Returns: The access to tell the log of; `nil` when it was told before.
    func note(_ answer: ServiceAnswer, to request: ServiceRequest, at now: ContinuousClock.Instant) -> String? {
        let kind = Kind(request)
        let named = (try? answer.json())?["details"]?["required_access"]?.string
        let access =
            named.map { SecretMasking.forClient($0) }
            ?? "\(request.method.rawValue) /\(kind.path.joined(separator: "/"))"
        return state.withLock { state in
            if state.refusals.count >= Self.limit { state.refusals = [:] }
            state.refusals[kind] = Refusal(answer: answer, access: access, end: now + Self.life)
            if state.told.count >= Self.limit { state.told = [] }
            // An access with an id in it is told of once, whatever the id.
            let told = named == nil ? access : kind.path.joined(separator: "/") + request.method.rawValue
            return state.told.insert(told).inserted ? access : nil
        }
    }

    /// Accesses that were refused lately.
    func missing(at now: ContinuousClock.Instant) -> [String] {
        state.withLock { Set($0.refusals.values.filter { now < $0.end }.map(\.access)).sorted() }
    }
}
