import NIOCore

/// Looks after the deadlines of all connections of an event loop, several times in the shortest of them.
///
/// Not a timer for each: one that is no longer needed, as nearly all are, must be found among those of all other
/// sessions, and with a thousand of them that search cost more than the commands.
///
/// Lives on the event loop.
final class DeadlineSweep {
    private let loop: any EventLoop
    private let interval: TimeAmount
    private var connections: [ObjectIdentifier: AGIConnection] = [:]
    private var isTicking = false

    init(_ loop: any EventLoop, configuration: FastAGIConfiguration) {
        self.loop = loop
        let shortest = min(
            configuration.environmentDeadline,
            configuration.instantReplyDeadline,
            configuration.closeDeadline,
            configuration.sessionCap
        )
        let interval = min(max(shortest / 8, .milliseconds(5)), .milliseconds(250))
        self.interval = .nanoseconds(interval.inNanoseconds)
    }

    func add(_ connection: AGIConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if !isTicking { tick() }
    }

    func remove(_ connection: AGIConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// Goes on while there are connections.
    private func tick() {
        isTicking = true
        loop.assumeIsolated().scheduleTask(in: interval) {
            let now = NIODeadline.now()
            for connection in self.connections.values.filter({ $0.deadline <= now }) { connection.passDeadline(now) }
            if self.connections.isEmpty { self.isTicking = false } else { self.tick() }
        }
    }
}
