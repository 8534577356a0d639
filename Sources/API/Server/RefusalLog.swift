import Core
import Synchronization

/// Which refused requests get a line at the level of all others: one a second of each client, so that nobody fills the log
/// by being refused. The line tells how many had none.
final class RefusalLog: Sendable {
    private let clients = Mutex<[String: LinePause]>([:])
    /// Addresses that are remembered; one more, and all are forgotten.
    static let mostClients = 4_096

    /// A request of a client was refused.
    /// - Returns: How many of its refusals had no line since the last one that had; `nil`: this one has none.
    func admit(_ client: String, now: ContinuousClock.Instant = .now) -> Int? {
        clients.withLock { clients in
            if clients[client] == nil, clients.count >= Self.mostClients { clients.removeAll(keepingCapacity: true) }
            let pause = clients[client] ?? LinePause()
            clients[client] = pause
            return pause.admit(now: now)
        }
    }
}

/// A request of somebody we know was refused or failed.
struct RefusedRequest: Error {
    let cause: any Error
    /// The tenant that it was to act in.
    let tenant: String
    let user: String?
}
