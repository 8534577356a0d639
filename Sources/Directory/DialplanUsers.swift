public import Core

/// A user as the dialplan asks for him, with the derived values of contract 41 §0 "User object".
public struct DialplanUser: Sendable, Hashable {
    /// A forward: on, and where to. Without a destination it is off.
    public struct Forward: Sendable, Hashable {
        /// Whether calls are forwarded.
        public var isEnabled: Bool
        /// Number to call; empty: none.
        public var destination: String

        /// A forward, off when it has no destination.
        public init(isEnabled: Bool, destination: String) {
            self.isEnabled = isEnabled && !destination.isEmpty
            self.destination = destination
        }

        /// No forward.
        public static let off = Forward(isEnabled: false, destination: "")
    }

    /// Which of his calls are recorded.
    public struct Recording: Sendable, Hashable {
        /// Calls that he makes to the outside.
        public var isOutgoingExternalEnabled = false
        /// Calls that he makes to others of the site.
        public var isOutgoingInternalEnabled = false
        /// Calls that come from outside.
        public var isIncomingExternalEnabled = false
        /// Calls that come from others of the site.
        public var isIncomingInternalEnabled = false

        /// No recording.
        public init() {}
        /// Whether all four kinds are recorded.
        public var isEverythingEnabled: Bool {
            isOutgoingExternalEnabled && isOutgoingInternalEnabled && isIncomingExternalEnabled
                && isIncomingInternalEnabled
        }
    }

    /// What he may do with keys during a call, and whether his calls are screened.
    public struct CallRights: Sendable, Hashable {
        /// `dtmf_hangup`: may hang up.
        public var mayHangUp = false
        /// `enablexfer`: may transfer.
        public var mayTransfer = false
        /// `enableonlinerec`: may start a recording.
        public var mayRecord = false
        /// `incallfilter`: callers are asked for their name.
        public var screensCallers = false

        /// No right, no screening.
        public init() {}
    }

    /// His voicemail box: only when he uses it and it is not disabled.
    public struct Mailbox: Sendable, Hashable {
        /// Number of the box.
        public var number: String
        /// Its context.
        public var context: String
        /// Where its messages are sent.
        public var email: String?
        /// Its language.
        public var language: String?

        /// A box with all its parts.
        public init(number: String, context: String, email: String?, language: String?) {
            self.number = number
            self.context = context
            self.email = email
            self.language = language
        }
    }

    /// `userfeatures.id`.
    public var id: Int
    /// `userfeatures.uuid`.
    public var uuid: UserID
    /// His tenant.
    public var tenant: TenantID
    /// ISO 3166 code of his tenant's country; `nil` when it has none.
    public var country: String?
    /// First and last name, joined by a blank when both are there.
    public var name: String
    /// `callerid`: `"name" <number>`; empty: none.
    public var callerID = ""
    /// `outcallerid`: `default`, `anonymous` or a caller id; empty: none.
    public var outgoingCallerID = ""
    /// Seconds that his phones ring; 0: no limit.
    public var ringSeconds = 0
    /// Calls that he may have at the same time.
    public var simultaneousCalls = 0
    /// His language; `nil`: none.
    public var language: String?
    /// Class of his music on hold; empty: none.
    public var music = ""
    /// `userfield`; `nil` when empty.
    public var userField: String?
    /// Subroutine of the dialplan before his calls.
    public var preprocessSubroutine: String?
    /// Number of his mobile phone; empty: none.
    public var mobileNumber = ""
    /// Whether he does not want to be disturbed.
    public var isDoNotDisturbEnabled = false
    /// What he may do during calls.
    public var rights = CallRights()
    /// Which of his calls are recorded.
    public var recording = Recording()
    /// Forward of all calls.
    public var unconditional = Forward.off
    /// Forward when he does not answer.
    public var noAnswer = Forward.off
    /// Forward while he is busy.
    public var busy = Forward.off
    /// His box; `nil`: none, or not in use.
    public var mailbox: Mailbox?

    /// A user with what identifies him; the rest is off or empty.
    public init(id: Int, uuid: UserID, tenant: TenantID, country: String? = nil, name: String) {
        self.id = id
        self.uuid = uuid
        self.tenant = tenant
        self.country = country
        self.name = name
    }
}

/// A number of a user, with every line that rings when it is called (contract 43 §4 `callee_lines`).
public struct CalleeExtension: Sendable, Hashable {
    /// The number.
    public var exten: String
    /// Its context.
    public var context: String
    /// How its enabled lines are reached, ordered by the line's id.
    public var endpoints: [LineRecord.Endpoint]

    /// A number with all its parts.
    public init(exten: String, context: String, endpoints: [LineRecord.Endpoint]) {
        self.exten = exten
        self.context = context
        self.endpoints = endpoints
    }
}

/// A boss's call filter (contract 41 "Call filter"), enabled.
public struct CallFilter: Sendable, Hashable {
    /// In which order boss and secretaries ring (enum `callfilter_bosssecretary`).
    public enum Strategy: String, Sendable, Hashable {
        case bossFirstSerial = "bossfirst-serial"
        case bossFirstSimultaneous = "bossfirst-simult"
        case secretarySerial = "secretary-serial"
        case secretarySimultaneous = "secretary-simult"
        case all
    }

    /// Whose calls are filtered (enum `callfilter_callfrom`).
    public enum Zone: String, Sendable, Hashable {
        case `internal`, external, all
    }

    /// A secretary who has the filter switched on.
    public struct Secretary: Sendable, Hashable {
        /// The user.
        public var user: UserID
        /// Seconds that the user's phones ring; 0: no limit.
        public var ringSeconds: Int

        /// A secretary with both parts.
        public init(user: UserID, ringSeconds: Int) {
            self.user = user
            self.ringSeconds = ringSeconds
        }
    }

    /// `callfilter.id`.
    public var id: Int
    /// The order.
    public var strategy: Strategy
    /// Whose calls.
    public var zone: Zone
    /// Seconds that all ring together; 0: no limit.
    public var ringSeconds: Int
    /// Seconds that the boss rings alone; 0: no limit.
    public var bossRingSeconds: Int
    /// Secretaries who have it switched on, by priority.
    public var secretaries: [Secretary]
    /// Whether the caller is a secretary of this boss: such calls are not filtered.
    public var isCallerSecretary: Bool
    /// Rule that rewrites the caller id of filtered calls.
    public var callerID: CallerIDRule?

    /// A filter with all its parts.
    public init(
        id: Int,
        strategy: Strategy,
        zone: Zone,
        ringSeconds: Int,
        bossRingSeconds: Int,
        secretaries: [Secretary],
        isCallerSecretary: Bool,
        callerID: CallerIDRule?
    ) {
        self.id = id
        self.strategy = strategy
        self.zone = zone
        self.ringSeconds = ringSeconds
        self.bossRingSeconds = bossRingSeconds
        self.secretaries = secretaries
        self.isCallerSecretary = isCallerSecretary
        self.callerID = callerID
    }
}

/// What the dialplan asks about users and how they are reached. One round trip for each question.
public protocol DialplanUserDirectory: Sendable {
    /// An enabled user by integer id.
    /// - Throws: `DatabaseFailure`.
    func dialplanUser(_ id: Int) async throws -> DialplanUser?
    /// Both enabled users of a call, in one question where that can be.
    /// - Throws: `DatabaseFailure`.
    func callParties(caller: Int?, callee: Int?) async throws -> (caller: DialplanUser?, callee: DialplanUser?)
    /// All that a call to a user needs, in one question where that can be.
    /// - Throws: `DatabaseFailure`.
    func userCall(_ question: UserCallQuestion) async throws -> UserCallRecords
    /// An enabled user by uuid.
    /// - Throws: `DatabaseFailure`.
    func dialplanUser(uuid: UserID) async throws -> DialplanUser?
    /// An enabled user whose main line has an enabled extension.
    /// - Throws: `DatabaseFailure`.
    func dialplanUser(exten: String, context: String) async throws -> DialplanUser?
    /// An extension with its lines: of this id, or the main one of the user's main line.
    /// - Returns: `nil` when the user has no main line, or there is no such extension.
    /// - Throws: `DatabaseFailure`.
    func calleeExtension(of user: Int, id: Int?) async throws -> CalleeExtension?
    /// Every destination of an object, by event.
    /// - Throws: `DatabaseFailure`.
    func dialActions(category: String, object: String) async throws -> [String: DialAction]
    /// The enabled filter of a boss, as it concerns this caller.
    /// - Throws: `DatabaseFailure`.
    func callFilter(boss: Int, caller: Int?) async throws -> CallFilter?
    /// Name of a music class; `nil` when there is no such class.
    /// - Throws: `DatabaseFailure`.
    func musicClass(_ uuid: String) async throws -> String?
}

/// A number that a user may show when he calls outside (contract 38 §2 `callerids/outgoing`).
public struct OutgoingNumber: Sendable, Hashable {
    /// Whose number it is; other kinds of the platform are left out.
    public enum Kind: String, Sendable, Hashable {
        /// The tenant's.
        case main
        /// Of an incoming call that rings the user.
        case associated
        /// The tenant's, to be chosen by every user.
        case shared
    }

    /// Whose number.
    public var kind: Kind
    /// The number.
    public var number: String

    /// A number with its kind.
    public init(kind: Kind, number: String) {
        self.kind = kind
        self.number = number
    }
}

/// Numbers that users show: confd `GET /users/{uuid}/callerids/outgoing`, or the tables where there is no confd.
public protocol OutgoingNumberDirectory: Sendable {
    /// The numbers of a user in the source's order.
    /// - Throws: What the source throws: the callers go on without.
    func outgoingNumbers(of user: UserID, tenant: TenantID) async throws -> [OutgoingNumber]
}

/// Numbers that users blocked: confd `HEAD /users/{uuid}/blocklist/numbers`, or the tables where there is no confd.
public protocol BlocklistDirectory: Sendable {
    /// The uuid of a blocked number, in E.164 form with `+`; `nil` when the user did not block it.
    /// - Throws: What the source throws: the callers go on without.
    func blockedNumber(_ number: String, user: UserID, tenant: TenantID) async throws -> String?
}

extension DialplanUserDirectory {
    /// Both enabled users of a call, one after the other.
    public func callParties(
        caller: Int?,
        callee: Int?
    ) async throws -> (caller: DialplanUser?, callee: DialplanUser?) {
        var found: (caller: DialplanUser?, callee: DialplanUser?)
        if let caller { found.caller = try await dialplanUser(caller) }
        if let callee { found.callee = try await dialplanUser(callee) }
        return found
    }
}
