import Access
public import Core
import Foundation
public import Persistence

/// What became of a resource, transition by transition; ours, the contract has no such routes. Answers also when the
/// resource has ended, for as long as `retention.history` keeps it.
extension Route {
    /// A route that answers the history of a resource, oldest line first.
    /// - Parameters:
    ///   - path: The path, with the resource's id as `parameter`.
    ///   - access: The required access.
    ///   - what: The resource in words, for the API's descriptions.
    ///   - kind: The kind of its rows.
    ///   - parameter: The path's parameter that holds its id.
    ///   - owner: The path's parameter that names what the resource is in, where its access is asked for: the history
    ///     is that of the resource in this place alone (`HistoryEntry.id(_:within:)`).
    ///   - store: Where it is kept.
    ///   - isOfUser: Whether only who began it may read it (`users/me`).
    ///   - unknown: What is answered when there is none, or it is another tenant's or user's.
    public static func history(
        _ path: String,
        access: String,
        of what: String,
        kind: String,
        id parameter: String,
        within owner: String? = nil,
        in store: any StateStoring,
        isOfUser: Bool = false,
        unknown: @escaping @Sendable (String) -> Failure
    ) -> Route {
        Route(
            .get,
            path,
            access: access,
            "What became of \(what)",
            answers: .ok(.items(of: HistoryEntry.schema))
        ) { request in
            let id = request.path(parameter)
            let user = isOfUser ? try request.user() : nil
            let key = owner.map { HistoryEntry.id(id, within: request.path($0)) } ?? id
            let entries = try await store.history(ofKind: kind, id: key)
            guard let first = entries.first, request.reaches(first.tenant), user == nil || first.user == user else {
                throw unknown(id)
            }
            return .items(entries.map(\.json))
        }
    }
}

extension APIRequest {
    /// Whether a resource of a tenant is visible: its own, or any for a token of the master tenant that chooses none.
    fileprivate func reaches(_ owner: TenantID) -> Bool {
        owner == tenant || identity.isMaster && !choosesTenant
    }
}

extension HistoryEntry {
    fileprivate static let schema = Schema.named(
        "Transition",
        .object([
            "from": .string.nullable, "to": .string, "cause": .string, "user_uuid": .string.nullable, "at": .instant,
        ])
    )

    fileprivate var json: JSONValue {
        [
            "from": from.isEmpty ? .null : .string(from),
            "to": .string(to),
            "cause": .string(cause),
            "user_uuid": user.map { .string($0.rawValue) } ?? .null,
            "at": .string(at.ISO8601Format(.init(includingFractionalSeconds: true))),
        ]
    }
}
