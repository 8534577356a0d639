public import Core
public import Events
public import Foundation
public import Persistence
public import Telephony

/// The life of a resource (a transfer, a relocate, a conference) as a pure value: what it is, where it stands, and what
/// an event leads to. ``Aggregates`` stores it, performs its effects and feeds their outcomes back.
public protocol AggregateMachine: Sendable, Hashable {
    /// What can happen to it, from outside or as the outcome of an effect.
    associatedtype Event: AggregateEvent
    /// What must be done in Asterisk. Repeating it does no harm.
    associatedtype Effect: Sendable, Hashable
    /// What clients are told, together with the stored change.
    associatedtype Notice: Sendable, Hashable

    /// Kind of its rows and of its history, for instance `transfer`.
    static var rowKind: String { get }
    /// Its id within its kind, chosen before it exists.
    var id: String { get }
    /// The tenant it belongs to.
    var tenant: TenantID { get }
    /// Revision of the stored row; 0 before the first. Only ``Aggregates`` changes it.
    var revision: Int { get set }
    /// The phase's name in history and log.
    var phaseName: String { get }
    /// Whether its life is over: the row is removed with this change.
    var isEnded: Bool { get }
    /// When ``AggregateEvent/deadlinePassed`` is due in the present phase; `nil`: never. It is stored, so that a
    /// restart keeps it.
    var deadline: Date? { get }
    /// Channels whose events it gets.
    var channels: Set<ChannelID> { get }
    /// Bridges in which a channel may stand alone for a while, because parties are being put in or taken out: the
    /// lone-channel clean-up leaves them alone while they are named here.
    var claimedBridges: Set<BridgeID> { get }

    /// Channels that nobody else may move while it lives (``CallClaims``).
    var claimedChannels: Set<ChannelID> { get }

    /// What the row holds beside id, tenant, revision and deadline.
    var body: JSONValue { get }
    /// The machine of a stored row; `nil` when it cannot be read, as another version wrote it.
    init?(row: AggregateRow)

    /// What an event leads to; `nil` when it changes nothing here. Asterisk and clients may send any event at any time,
    /// also twice: one that does not fit the phase is no fault.
    func handle(_ event: Event) -> AggregateStep<Self>?
}

extension AggregateMachine {
    /// Those whose events it gets.
    public var claimedChannels: Set<ChannelID> { channels }
}

/// What happens to an aggregate.
public protocol AggregateEvent: Sendable, Hashable {
    /// Its name in history and log, in the past tense.
    var name: String { get }
    /// The user who caused it; `nil`: Asterisk, a timer or ourselves.
    var user: UserID? { get }
    /// The machine's deadline has passed.
    static var deadlinePassed: Self { get }
}

extension AggregateEvent {
    /// Nobody.
    public var user: UserID? { nil }
}

/// The outcome of an event.
public struct AggregateStep<Machine: AggregateMachine>: Sendable, Hashable {
    /// The machine afterwards.
    public var next: Machine
    /// What clients are told, in order; stored with the machine.
    public var notices: [Machine.Notice]
    /// What must be done then, in order.
    public var effects: [Machine.Effect]

    /// A step with its parts.
    public init(_ next: Machine, notices: [Machine.Notice] = [], effects: [Machine.Effect] = []) {
        self.next = next
        self.notices = notices
        self.effects = effects
    }
}

/// How an effect went.
public enum EffectOutcome<Event: Sendable>: Sendable {
    /// It was done, and nothing follows from it.
    case done
    /// It was done, and this follows from it.
    case happened(Event)
    /// It could not be done; this follows instead, and the remaining effects of the step are left out. The failure is
    /// what the client whose request is in hand is told.
    case failed(Event, Failure?)
    /// Asterisk could not be asked. The remaining effects of the step are left out, and the machine looks at Asterisk
    /// again a little later.
    case unknown(String)
}

/// What a kind of aggregate does in the world. It holds no state of its own.
public protocol AggregateWork: Sendable {
    /// The machine that it works for.
    associatedtype Machine: AggregateMachine
    /// Performs an effect of a stored step.
    func perform(_ effect: Machine.Effect, of machine: Machine) async -> EffectOutcome<Machine.Event>
    /// The bus messages of a notice; `machine` is the one after the step.
    func messages(for notice: Machine.Notice, of machine: Machine, at time: Date) -> [BusMessage]
    /// After a gap in the events, or when an effect's outcome is unknown: the machine's surroundings as Asterisk shows
    /// them now, as an event.
    /// - Throws: `TelephonyFailure` while Asterisk cannot be asked; it is asked again later.
    func look(at machine: Machine) async throws -> Machine.Event
}
