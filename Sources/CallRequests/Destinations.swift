public import Core
public import Directory
public import Telephony

/// Which places of the dialplan a client may call.
///
/// A number is dialled in a context, and the context decides what may be reached from it. So a client calls only in
/// contexts of the tenant that the call belongs to; contexts of the dialplan's own (`forward`, `usersharedlines`, …)
/// belong to nobody. A site can open contexts of its own to every tenant.
public struct Destinations: Sendable {
    private let contexts: any ContextDirectory
    private let manager: any ManagerControlling
    private let openContexts: Set<String>

    /// - Parameters:
    ///   - contexts: Says whose a context is.
    ///   - manager: Says whether Asterisk has an extension.
    ///   - openContexts: Contexts that every tenant may call in, though the directory does not have them.
    public init(
        contexts: any ContextDirectory,
        manager: any ManagerControlling,
        openContexts: Set<String> = []
    ) {
        self.contexts = contexts
        self.manager = manager
        self.openContexts = openContexts
    }

    /// Whether a client that named both context and extension may call there, on behalf of a tenant.
    /// - Throws: `DatabaseFailure`, `ManagerFailure`, `CancellationError`.
    public func allows(_ place: DialplanPlace, for tenant: TenantID) async throws -> Bool {
        guard place.isDialable else { return false }
        if !openContexts.contains(place.context) {
            guard try await contexts.tenant(ofContext: place.context) == tenant else { return false }
        }
        return try await manager.canDial(place)
    }

    /// Whether an extension can be called in a context that the configuration chose, such as that of a user's line.
    /// - Throws: `ManagerFailure`, `CancellationError`.
    public func has(_ place: DialplanPlace) async throws -> Bool { try await manager.canDial(place) }
}

extension DialplanPlace {
    /// Extensions that Asterisk goes to by itself, when something has happened to a call.
    private static let special: Set<String> = ["a", "e", "h", "i", "o", "t", "T"]

    /// Whether a call may begin there: at the first step of an extension, as what stands there checks rights and says whose
    /// call it is.
    var isEntrance: Bool { priority == 1 && !Self.special.contains(exten) }
}

extension ManagerControlling {
    /// Whether a place of the dialplan can be dialled as `Local/<extension>@<context>`, and is there. Steps behind the first
    /// and extensions that Asterisk goes to by itself (`i`, `t`, …) are no places to begin at.
    /// - Throws: `ManagerFailure`, `CancellationError`.
    public func canDial(_ place: DialplanPlace) async throws -> Bool {
        guard place.isDialable, place.isEntrance else { return false }
        do {
            return try await extensionExists(place)
        } catch ManagerFailure.unsendable {
            // A place that fits into no manager action is in no dialplan either.
            return false
        }
    }
}
