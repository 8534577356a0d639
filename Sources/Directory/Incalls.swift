public import Core

/// A destination of a call: row of `dialaction` (contract 41 §0 "Dial action").
public struct DialAction: Sendable, Hashable {
    /// For instance `user`, `switchboard`, `endcall:busy`, `none`.
    public var action: String
    /// First argument; `nil` when the column is null.
    public var argument1: String?
    /// Second argument; `nil` when the column is null.
    public var argument2: String?

    /// A destination with all its parts.
    public init(action: String, argument1: String? = nil, argument2: String? = nil) {
        self.action = action
        self.argument1 = argument1
        self.argument2 = argument2
    }

    /// What an object without a row does.
    public static let none = DialAction(action: "none")
}

/// A rule that rewrites the caller id: row of `callerid` (contract 41 §0 "Caller-id rewriting").
public struct CallerIDRule: Sendable, Hashable {
    /// What is done with the caller's name (enum `callerid_mode`).
    public enum Mode: String, Sendable, Hashable {
        case prepend, overwrite, append
    }

    /// What is done.
    public var mode: Mode
    /// `callerdisplay`: the text to parse.
    public var display: String

    /// A rule with its parts.
    public init(mode: Mode, display: String) {
        self.mode = mode
        self.display = display
    }
}

/// An incoming call's destination with all that `incoming_did_set_features` needs.
public struct IncallRecord: Sendable, Hashable {
    /// `incall.id`.
    public var id: Int
    /// Tenant of the incall.
    public var tenant: TenantID
    /// `extensions.exten`.
    public var exten: String
    /// `extensions.context`.
    public var context: String
    /// `incall.preprocess_subroutine`.
    public var preprocessSubroutine: String?
    /// `incall.greeting_sound`.
    public var greetingSound: String?
    /// Action of `incall`/`answer`; `nil` when there is no row.
    public var answer: DialAction?
    /// Caller-id rule of type `incall`, if any with a mode.
    public var callerID: CallerIDRule?

    /// A record with all its parts.
    public init(
        id: Int,
        tenant: TenantID,
        exten: String,
        context: String,
        preprocessSubroutine: String?,
        greetingSound: String?,
        answer: DialAction?,
        callerID: CallerIDRule?
    ) {
        self.id = id
        self.tenant = tenant
        self.exten = exten
        self.context = context
        self.preprocessSubroutine = preprocessSubroutine
        self.greetingSound = greetingSound
        self.answer = answer
        self.callerID = callerID
    }
}

/// Incoming calls of the directory.
public protocol IncallDirectory: Sendable {
    /// An enabled incall with its enabled extension, in one round trip.
    /// - Throws: `DatabaseFailure`.
    func incall(_ id: Int) async throws -> IncallRecord?
}

/// Whom an incoming call rings, for the caller's name.
public struct IncallCallee: Sendable, Hashable {
    /// The user, when the call goes to one.
    public var user: UserID?
    /// ISO 3166 code of the tenant's country; `nil` when it has none.
    public var country: String?

    /// A callee with both parts.
    public init(user: UserID?, country: String?) {
        self.user = user
        self.country = country
    }
}

/// Callees of incoming calls.
public protocol IncallCalleeDirectory: Sendable {
    /// The enabled user whom an incall of the tenant rings, and the tenant's country, in one round trip.
    /// - Throws: `DatabaseFailure`.
    func incallCallee(of incall: Int, tenant: TenantID) async throws -> IncallCallee
}

/// No-answer fallback and timeout of a switchboard, for `switchboard_set_features`.
public struct SwitchboardFeatures: Sendable, Hashable {
    /// Seconds; `nil`: none.
    public var timeout: Int?
    /// Row `switchboard`/`noanswer`; `nil` when there is none.
    public var noAnswer: DialAction?
    /// Tenant of the switchboard.
    public var tenant: TenantID

    /// Features with all their parts.
    public init(timeout: Int?, noAnswer: DialAction?, tenant: TenantID) {
        self.timeout = timeout
        self.noAnswer = noAnswer
        self.tenant = tenant
    }
}

/// Switchboards as the dialplan asks for them.
public protocol SwitchboardFeaturesDirectory: Sendable {
    /// Timeout and fallback, in one round trip; `nil` when there is no such switchboard.
    /// - Throws: `DatabaseFailure`.
    func switchboardFeatures(_ id: String) async throws -> SwitchboardFeatures?
}
