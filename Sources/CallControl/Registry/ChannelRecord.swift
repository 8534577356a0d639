public import Core
public import Telephony

/// What is kept of a channel to make calls of: a snapshot without what no call shows, under a kilobyte.
public struct ChannelRecord: Sendable, Hashable {
    /// The channel's id.
    public let id: ChannelID
    /// For instance `PJSIP/alice-00000001`.
    public var name: String
    /// ARI's state.
    public var state: String
    /// Caller name, may be empty.
    public var callerName: String
    /// Caller number, may be empty.
    public var callerNumber: String
    /// Name of the party that it is connected with, may be empty.
    public var connectedName: String
    /// Number of the party that it is connected with, may be empty.
    public var connectedNumber: String
    /// Its context in the dialplan; `nil` when the snapshot tells none.
    public var context: String?
    /// Its extension in the dialplan; `nil` when the snapshot tells none.
    public var exten: String?
    /// The number for which we had it made; `nil`: it came by itself.
    public var dialled: String?
    /// When it was created, as Asterisk wrote it.
    public var creationTime: String
    /// The Call-ID of a PJSIP channel; may be empty.
    public var protocolID: String
    /// The Stasis application that owns it; `nil`: none.
    public var application: String?
    /// First argument that it was entered with.
    public var applicationInstance: String?
    /// By ``CallVariable``: `nil` is not listed in the snapshot, empty is unset.
    private var values: [String?]

    /// The record of a snapshot.
    public init(_ channel: Channel) {
        id = channel.id
        name = channel.name
        state = channel.state
        callerName = channel.callerName
        callerNumber = channel.callerNumber
        connectedName = channel.connectedName
        connectedNumber = channel.connectedNumber
        context = channel.place?.context
        exten = channel.place?.exten
        creationTime = channel.creationTime
        protocolID = channel.protocolID
        let stasis = channel.stasis
        application = stasis?.application
        applicationInstance = stasis?.arguments.first
        values = CallVariable.allCases.map { channel.variables[$0.name] }
    }

    /// The value of a variable; `nil` when it is unset, empty or not listed.
    public subscript(variable: CallVariable) -> String? {
        get { values[Int(variable.rawValue)].flatMap { $0.isEmpty ? nil : $0 } }
        set { values[Int(variable.rawValue)] = newValue ?? "" }
    }

    /// Whether the snapshot tells of a variable, set or unset.
    public func lists(_ variable: CallVariable) -> Bool { values[Int(variable.rawValue)] != nil }

    /// The same with the variables of another record.
    func withVariables(of other: ChannelRecord) -> ChannelRecord {
        var record = self
        record.values = other.values
        return record
    }

    /// Variables that must be read from Asterisk, as the snapshot does not list them (contract 00 §7.4).
    public var unlisted: [CallVariable] { CallVariable.allCases.filter { !$0.isOfSnapshotOnly && !lists($0) } }

    // MARK: Order of lists

    /// A place in a list of calls: by creation, then by id, so that calls of the same moment keep their order too.
    public struct Age: Sendable, Hashable, Comparable {
        fileprivate let creationTime: String
        fileprivate let id: String

        /// Older channels come first.
        public static func < (left: Self, right: Self) -> Bool {
            (left.creationTime, left.id) < (right.creationTime, right.id)
        }
    }

    /// Its place in lists.
    public var age: Age { Age(creationTime: creationTime, id: id.rawValue) }

    // MARK: What they mean

    /// Whether it is half of a Local channel.
    public var isLocal: Bool { name.begins(with: "Local/") }

    /// Whether it is a phone that is being provisioned.
    public var isAutoprovisioning: Bool { context == "xivo-provisioning" }

    /// Whose it is; of a Local channel the one whom it stands for.
    public var user: UserID? { self[isLocal ? .dereferencedUser : .user].map(UserID.init(_:)) }

    /// Its tenant.
    public var tenant: TenantID? { self[.tenant].map(TenantID.init(_:)) }
}
