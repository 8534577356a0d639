public import Core

/// An application that an external program drives (contract 11, contract 43 `application`).
public struct ApplicationRecord: Sendable, Hashable {
    /// The node that its calls enter by themselves.
    public struct Node: Sendable, Hashable {
        /// Type of the bridge as configured, for instance `holding`.
        public var type: String
        /// Music class of the node; `nil`: none.
        public var musicOnHold: String?
        /// Whether a call is answered when it enters.
        public var answers: Bool

        /// A node with all its parts.
        public init(type: String, musicOnHold: String?, answers: Bool) {
            self.type = type
            self.musicOnHold = musicOnHold
            self.answers = answers
        }
    }

    /// Its uuid.
    public var id: String
    /// Its tenant.
    public var tenant: TenantID
    /// Its name, if it has one.
    public var name: String?
    /// Its destination node; `nil`: none.
    public var node: Node?

    /// A record with all its parts.
    public init(id: String, tenant: TenantID, name: String?, node: Node?) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.node = node
    }
}

/// Applications of the directory.
public protocol ApplicationDirectory: Sendable {
    /// An application by uuid, of any tenant.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func application(_ id: String) async throws -> ApplicationRecord?
    /// All applications of all tenants, ordered by uuid.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func applications() async throws -> [ApplicationRecord]
}

/// Keeps applications that clients create, edit and delete, where there is no confd.
public protocol ApplicationEditing: Sendable {
    /// Creates an application.
    /// - Throws: `DatabaseFailure`.
    func create(_ application: ApplicationRecord) async throws
    /// Replaces name and destination of an application.
    /// - Returns: `false` when there is none of this id and tenant.
    /// - Throws: `DatabaseFailure`.
    func replace(_ application: ApplicationRecord) async throws -> Bool
    /// Deletes an application; lines leave it, and destinations that name it stay.
    /// - Returns: `false` when there is none of this id and tenant.
    /// - Throws: `DatabaseFailure`.
    func delete(_ application: String, tenant: TenantID) async throws -> Bool
}

/// A class of music on hold (contract 43 `moh`).
public struct MusicRecord: Sendable, Hashable {
    /// Its uuid, the key of the REST route that starts it.
    public var id: String
    /// The class as Asterisk knows it.
    public var name: String
    /// Its tenant; `nil` when the source does not tell.
    public var tenant: TenantID?

    /// A record with all its parts.
    public init(id: String, name: String, tenant: TenantID?) {
        self.id = id
        self.name = name
        self.tenant = tenant
    }
}

/// Music classes of the directory.
public protocol MusicDirectory: Sendable {
    /// A class by uuid, of any tenant.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func music(_ id: String) async throws -> MusicRecord?
    /// All classes of all tenants, ordered by uuid.
    /// - Throws: `DatabaseFailure`, ``ConfdFailure``.
    func allMusic() async throws -> [MusicRecord]
}
