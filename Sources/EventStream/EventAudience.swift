import Access
import Core

/// Who listens: an event reaches him as its routing headers say, so as a consumer of the bus would be bound.
struct EventAudience: Sendable, Hashable {
    /// `nil`: every tenant's events, and those of the services.
    let tenant: String?
    /// `nil`: a service's token, which sees what concerns any user of the tenant.
    let user: String?
    /// Only events of these names; empty: all.
    let names: Set<String>

    init(_ identity: Identity, names: Set<String> = []) {
        tenant = identity.seesAllTenants ? nil : identity.tenant.rawValue
        user = identity.user?.rawValue
        self.names = names
    }

    init(tenant: String?, user: String?, names: Set<String> = []) {
        self.tenant = tenant
        self.user = user
        self.names = names
    }

    func includes(_ event: StreamedEvent) -> Bool {
        if let tenant, event.tenant != tenant { return false }
        if !names.isEmpty, !names.contains(event.name) { return false }
        guard let user else { return true }
        return switch event.audience {
        case .tenant: true
        case .users(let users): users.contains(user)
        case .service: false
        }
    }
}
