public import Core
public import Logging
public import Persistence
public import ServiceLifecycle
import Synchronization
public import Telephony

/// All live aggregates of a kind.
public final class Aggregates<Work: AggregateWork>: Service, Recovering {
    /// The machine of an aggregate.
    public typealias Machine = Work.Machine

    /// Aggregates that are not restored yet.
    public init(work: Work, store: any StateStoring, cleanup: LoneChannelCleanup, clock: any WallClock, logger: Logger)
    {
        fatalError("not written yet")
    }

    /// Runs them until shutdown.
    public func run() async throws {}

    /// A live aggregate as its last stored change left it.
    public func machine(_ id: String) -> Machine? { nil }
    /// All live aggregates, in no order.
    public var machines: [Machine] { [] }
    /// Ids of the aggregates that own a channel; for `wants` and `receive` of the event feed.
    public func owners(of channel: ChannelID) -> [String] { [] }

    /// Creates an aggregate and lets it begin.
    /// - Parameters:
    ///   - machine: In its first phase, revision 0.
    ///   - event: What makes it begin; its effects are performed before this returns.
    ///   - limit: How long the client waits.
    ///   - isConflict: Whether a live aggregate stands in its way; asked under a lock, so of two simultaneous creations one wins.
    /// - Returns: The machine after the effects, and those of their outcomes, were performed; it may have ended.
    /// - Throws: ``AggregateRefusal``.
    public func create(
        _ machine: Machine,
        beginning event: Machine.Event,
        within limit: Duration = .seconds(8),
        unless isConflict: (Machine) -> Bool = { _ in false }
    ) async throws -> Machine { machine }

    /// A client's request to an aggregate.
    /// - Returns: The machine after the effects, and those of their outcomes, were performed; it may have ended.
    /// - Throws: ``AggregateRefusal``.
    public func request(_ event: Machine.Event, of id: String, within limit: Duration = .seconds(8)) async throws
        -> Machine
    { fatalError("not written yet") }

    /// An event of Asterisk; waits while the aggregate's mailbox is full.
    /// - Returns: `false` when there is no such aggregate.
    @discardableResult
    public func send(_ event: Machine.Event, to id: String) async -> Bool { false }

    /// Restores the stored aggregates once, then lets each look at Asterisk.
    /// - Throws: `DatabaseFailure` while the rows cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {}
}

/// Why a client's request to an aggregate was not carried out.
public enum AggregateRefusal: Error, Sendable, Hashable {
    /// There is no such aggregate, or it has just ended.
    case notFound
    /// A live aggregate stands in the new one's way.
    case conflict
    /// The request does not fit the phase, whose name this is; nothing was changed.
    case notNow(phase: String)
    /// An effect failed; the failure says what the client is told.
    case failed(Failure)
    /// The state could not be stored, so nothing was done.
    case databaseUnreachable
    /// Nothing came in time, or too much waits; what follows is not known.
    case late
}
