public import Core
import DequeModule
public import Events
import Foundation
import Metrics
public import ServiceLifecycle
import Synchronization

/// Where the events of the bus meet the clients of `GET /1.0/events`.
///
/// An event comes here when it is certain: accepted by the `EventSink`, or committed with the state that it tells of;
/// RabbitMQ may be away. The latest are kept in memory, bounded by number, size and age, so that a client that lost its
/// connection goes on where it was. Nobody is waited for: a client whose own queue is full is dropped, and comes again
/// with its last id.
public final class EventStreamHub: Service {
    /// The bounds.
    public struct Limits: Sendable, Hashable {
        /// Clients at once.
        public var clients: Int
        /// Of them with one token.
        public var clientsPerToken: Int
        /// Events that wait for one client.
        public var waitingEvents: Int
        /// Seconds that events are kept for clients that come again.
        public var resumeSeconds: Double
        /// Events kept in memory.
        public var keptEvents: Int
        /// Bytes kept in memory.
        public var keptBytes: Int

        /// Limits with their defaults.
        public init(
            clients: Int = 500,
            clientsPerToken: Int = 50,
            waitingEvents: Int = 1_000,
            resumeSeconds: Double = 300,
            keptEvents: Int = 20_000,
            keptBytes: Int = 64 * 1_024 * 1_024
        ) {
            self.clients = clients
            self.clientsPerToken = clientsPerToken
            self.waitingEvents = waitingEvents
            self.resumeSeconds = resumeSeconds
            self.keptEvents = keptEvents
            self.keptBytes = keptBytes
        }
    }

    /// What comes to a client.
    enum Item: Sendable {
        case event(StreamedEvent)
        /// Nothing may have happened for a while.
        case tick
    }

    /// One client's end of the stream.
    final class Subscription: Sendable {
        let id: Int64
        let items: Mailbox<Item>
        let audience: EventAudience
        /// Whose share of the clients it is.
        let token: String

        init(id: Int64, audience: EventAudience, token: String, capacity: Int) {
            self.id = id
            self.token = token
            self.audience = audience
            items = Mailbox(capacity: capacity)
        }
    }

    /// What a client finds when he comes.
    struct Beginning: Sendable {
        let subscription: Subscription
        /// What he has missed, as far as it is in memory.
        let missed: [StreamedEvent]
        /// Whether memory goes back to his position.
        let isComplete: Bool
        /// Whether there can be such a position: one that was never given away says nothing of what the client has.
        var isPossible = true
        /// Where the stream is now.
        let position: EventPosition
        /// What happened before this, in microseconds since 1970, is in the outbox alone.
        let memoryBegins: Int64
    }

    private struct State {
        var sequence: Int64 = 0
        var lastTime: Int64 = 0
        var kept = Deque<StreamedEvent>()
        var keptBytes = 0
        /// The latest event that is in memory no more.
        var lastDropped: Int64 = 0
        var subscriptions: [Int64: Subscription] = [:]
        var nextSubscription: Int64 = 0
        /// Clients by token.
        var shares: [String: Int] = [:]
        var isClosed = false

        mutating func remove(_ subscription: Subscription) {
            guard subscriptions.removeValue(forKey: subscription.id) != nil else { return }
            let count = shares[subscription.token] ?? 0
            shares[subscription.token] = count > 1 ? count - 1 : nil
        }
    }

    /// Microseconds by which clocks of several machines may differ.
    private static let clockDifference: Int64 = 2_000_000

    /// When this process began to count.
    let epoch: Int64
    let limits: Limits
    private let clock: any WallClock
    private let state = Mutex(State())

    /// A hub without events and clients.
    public init(limits: Limits = Limits(), clock: any WallClock = SystemClock()) {
        self.limits = limits
        self.clock = clock
        epoch = Self.microseconds(clock.now)
    }

    /// The limit that keeps one more client of this token away; `nil`: it may come.
    func limitReached(by token: String) -> Int? {
        state.withLock { state in
            if state.isClosed || state.subscriptions.count >= limits.clients { return limits.clients }
            return (state.shares[token] ?? 0) >= limits.clientsPerToken ? limits.clientsPerToken : nil
        }
    }

    /// Clients now.
    public var clientCount: Int { state.withLock { $0.subscriptions.count } }

    /// Takes events, in order; never waits.
    public func offer(_ messages: [BusMessage]) {
        if messages.isEmpty { return }
        let now = Self.microseconds(clock.now)
        let tooSlow = state.withLock { state -> [Subscription] in
            if state.isClosed { return [] }
            var tooSlow: [Subscription] = []
            // A clock that is set back must not make ids go back.
            state.lastTime = max(state.lastTime, now)
            for message in messages where message.contentType == "application/json" {
                state.sequence += 1
                let position = EventPosition(epoch: epoch, sequence: state.sequence, time: state.lastTime)
                let event = StreamedEvent(message, at: position)
                state.kept.append(event)
                state.keptBytes += event.size
                for subscription in state.subscriptions.values where subscription.audience.includes(event) {
                    if !subscription.items.offer(.event(event)) { tooSlow.append(subscription) }
                }
            }
            for subscription in tooSlow { state.remove(subscription) }
            forget(&state)
            return tooSlow
        }
        for subscription in tooSlow {
            Counter(label: "tandem_event_stream_dropped_clients").increment()
            subscription.items.close()
        }
    }

    private func forget(_ state: inout State) {
        let oldest = state.lastTime - Int64(limits.resumeSeconds * 1_000_000)
        while let first = state.kept.first,
            state.kept.count > limits.keptEvents || state.keptBytes > limits.keptBytes || first.position.time < oldest
        {
            state.kept.removeFirst()
            state.keptBytes -= first.size
            state.lastDropped = first.position.sequence
        }
    }

    /// Adds a client. What is missed and what comes fit together: nothing between them is lost or told twice.
    /// - Parameters:
    ///   - position: The last event that it has; `nil`: it begins now.
    ///   - token: Whose share of the clients it is.
    /// - Returns: `nil` when there are too many clients, or the process stops.
    func subscribe(_ audience: EventAudience, after position: EventPosition?, token: String = "") -> Beginning? {
        state.withLock { state -> Beginning? in
            guard !state.isClosed, state.subscriptions.count < limits.clients,
                (state.shares[token] ?? 0) < limits.clientsPerToken
            else { return nil }
            state.shares[token, default: 0] += 1
            state.nextSubscription += 1
            let subscription = Subscription(
                id: state.nextSubscription,
                audience: audience,
                token: token,
                capacity: limits.waitingEvents
            )
            state.subscriptions[subscription.id] = subscription
            let now = max(state.lastTime, Self.microseconds(clock.now))
            let here = EventPosition(epoch: epoch, sequence: state.sequence, time: now)
            let memoryBegins = state.kept.first?.position.time ?? (state.lastDropped == 0 ? epoch : here.time)
            let isPossible = position.map { self.isPossible($0, here) } ?? true
            guard let position, isPossible else {
                return Beginning(
                    subscription: subscription,
                    missed: [],
                    isComplete: position == nil,
                    isPossible: isPossible,
                    position: here,
                    memoryBegins: memoryBegins
                )
            }
            let isOurs = position.epoch == epoch
            let isComplete = isOurs && position.sequence >= state.lastDropped
            // Of another process: all that this one has came later.
            let missed = state.kept.filter {
                (!isOurs || $0.position.sequence > position.sequence) && audience.includes($0)
            }
            return Beginning(
                subscription: subscription,
                missed: Array(missed),
                isComplete: isComplete,
                position: here,
                memoryBegins: memoryBegins
            )
        }
    }

    /// Whether a position may be one that a client was given, here or by another process, whose clock may go a little
    /// before ours.
    private func isPossible(_ position: EventPosition, _ here: EventPosition) -> Bool {
        if position.epoch == epoch, position.sequence > here.sequence { return false }
        return position.time <= here.time + Self.clockDifference
    }

    /// Takes a client away.
    func leave(_ subscription: Subscription) {
        state.withLock { $0.remove(subscription) }
        subscription.items.close()
    }

    /// Until shutdown; then every client's stream ends, so that the server need not wait for them.
    public func run() async throws {
        try? await gracefulShutdown()
        let all = state.withLock { state in
            state.isClosed = true
            defer { (state.subscriptions, state.shares) = ([:], [:]) }
            return Array(state.subscriptions.values)
        }
        for subscription in all { subscription.items.close() }
    }

    private static func microseconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970 * 1_000_000) }
}
