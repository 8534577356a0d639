import Core
import Foundation

/// A received fax on its way to those who want it: the state machine of the job, a pure value.
///
/// ```
/// received ──▶ delivering ──▶ delivered ──▶ removing ──▶ (row gone)
///     │            │  ▲ │                      ▲
///     ├ incomplete └──┘ └────▶ failed ─────────┘
///     ├───────────────────────▶─┘
///     └──▶ refused (row gone, file where it was)
/// ```
/// One that was delivered, or cannot be, is kept for a while with its document; a client may remove it before.
///
/// ``handle(_:_:)`` is in `ReceivedFax+Transitions`.
struct ReceivedFax: Sendable, Hashable {
    /// Where the job stands.
    enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Stored; the file is being moved into our spool.
        case received
        /// The file is ours; backends wait for their attempt.
        case delivering
        /// Every backend has it; kept with its file for a while.
        case delivered
        /// A backend's attempts are used up, and no other waits; kept likewise.
        case failed
        /// Nobody wants it any more; the file is being removed.
        case removing
        /// The file could not be taken; it stays where Asterisk put it.
        case refused

        /// Whether clients see it.
        var isShown: Bool { self != .removing && self != .refused }
    }

    /// The delivery to one backend.
    struct Delivery: Sendable, Hashable {
        enum State: Sendable, Hashable {
            /// The next attempt is due at this time; the cause is that of the last failure.
            case pending(due: Date, cause: String?)
            /// It has the fax.
            case delivered
            /// No further attempt is made.
            case failed(cause: String)
        }

        /// The backend's section in the configuration.
        let backend: String
        /// Attempts so far.
        var attempts: Int = 0
        var state: State

        /// When the next attempt is due; `nil` when none is.
        ///
        /// Not inlined: Swift 6.3.1 ends with "ownership error" where the optimizer does so in a loop.
        @inline(never)
        var due: Date? {
            guard case .pending(let due, _) = state else { return nil }
            return due
        }

        /// Why the last attempt failed, if it did.
        var cause: String? {
            switch state {
            case .pending(_, let cause): cause
            case .failed(let cause): cause
            case .delivered: nil
            }
        }
    }

    /// Ours, also the name of its folder in the spool.
    let id: String
    /// What the dialplan told.
    let arrival: FaxArrival
    /// When it did.
    let receivedAt: Date
    /// One for each backend of the destination, in the order of the configuration; none for an incomplete fax that is
    /// not to be delivered.
    var deliveries: [Delivery]
    /// Where the job stands.
    var phase: Phase
    /// When it was delivered, or failed; `nil` before.
    var endedAt: Date?
    /// Until when it is kept once it has ended; while it is being removed, when that is tried (again).
    var until: Date?
    /// Revision of the stored row; 0 before the first.
    var revision: Int

    /// A fax that was just told of.
    init(id: String, arrival: FaxArrival, receivedAt: Date, backends: [String]) {
        self.init(
            id: id,
            arrival: arrival,
            receivedAt: receivedAt,
            deliveries: backends.map { Delivery(backend: $0, state: .pending(due: receivedAt, cause: nil)) },
            phase: .received,
            revision: 0
        )
    }

    /// A fax with all its parts.
    init(
        id: String,
        arrival: FaxArrival,
        receivedAt: Date,
        deliveries: [Delivery],
        phase: Phase,
        revision: Int
    ) {
        self.id = id
        self.arrival = arrival
        self.receivedAt = receivedAt
        self.deliveries = deliveries
        self.phase = phase
        self.revision = revision
    }

    /// The tenant of its row and its events; empty when nobody knows.
    var tenant: TenantID { arrival.tenant ?? TenantID("") }

    /// When there is something to do for it next; `nil`: never.
    var due: Date? {
        switch phase {
        case .received: receivedAt
        case .delivering: deliveries.compactMap(\.due).min()
        case .delivered, .failed, .removing: until ?? receivedAt
        case .refused: nil
        }
    }

    /// Backends whose attempt is due, in the order of the configuration.
    func dueBackends(at now: Date) -> [String] {
        guard phase == .delivering else { return [] }
        return deliveries.filter { delivery in delivery.due.map { $0 <= now } ?? false }.map(\.backend)
    }

    /// Causes of the backends that do not have it, by name.
    var failures: [String: String] {
        Dictionary(deliveries.compactMap { delivery in delivery.cause.map { (delivery.backend, $0) } }) { $1 }
    }
}

extension ReceivedFax {
    /// How often and how long, from the configuration.
    struct Rules: Sendable, Hashable {
        /// When failed attempts are repeated.
        var retries: RetrySchedule = .ordinary
        /// Seconds that a delivered fax is kept.
        var keep: TimeInterval
        /// Seconds that one is kept that cannot be delivered.
        var keepFailed: TimeInterval
        /// Seconds before a file that could not be removed is tried again.
        var removalPause: TimeInterval = 60
    }
}

/// After how long a failed attempt is repeated.
struct RetrySchedule: Sendable, Hashable {
    /// Seconds after the first failure, after the second, …; one attempt more than there are pauses.
    var pauses: [TimeInterval]

    /// 1, 5, 15 and 60 minutes, then 3, 6 and 12 hours: a mail server may be away for a day.
    static let ordinary = RetrySchedule(pauses: [60, 300, 900, 3_600, 10_800, 21_600, 43_200])

    /// Seconds until the next attempt; `nil` when this many failures are too many.
    func pause(afterFailure number: Int) -> TimeInterval? {
        pauses.indices.contains(number - 1) ? pauses[number - 1] : nil
    }
}
