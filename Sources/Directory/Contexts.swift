public import Core

/// Contexts of the dialplan.
public protocol ContextDirectory: Sendable {
    /// The tenant of a context; `nil` when there is none of that name.
    /// - Throws: `DatabaseFailure`.
    func tenant(ofContext name: String) async throws -> TenantID?
}
