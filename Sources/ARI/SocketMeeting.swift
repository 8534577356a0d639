import Core
import Synchronization

/// Sockets that wait for each other: who arrives last does what is to be done before any goes on.
final class SocketMeeting: Sendable {
    private let missing: Mutex<Int>
    private let gates: [Mailbox<Void>]
    private let complete: @Sendable () async -> Void

    /// A meeting of `count` sockets.
    init(_ count: Int, complete: @escaping @Sendable () async -> Void) {
        missing = Mutex(count)
        gates = (0..<count).map { _ in Mailbox(capacity: 1) }
        self.complete = complete
    }

    /// Returns when all have arrived and the last one has done what is to be done.
    /// - Throws: `CancellationError` when the others will never come.
    func arrive() async throws {
        let left = missing.withLock { missing in
            missing -= 1
            return missing
        }
        if left == 0 {
            await complete()
            for gate in gates { gate.offer(()) }
        }
        guard await gates[left].next() != nil else { throw CancellationError() }
    }
}
