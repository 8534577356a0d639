import CLibPQ
import Glibc

/// What `NOTIFY` sent.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel.
    public var channel: String
    /// The payload; empty when there was none.
    public var payload: String

    /// A notification with its parts.
    public init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

extension PostgresConnection {
    /// Begins to listen.
    func listen(to channel: String) throws(PostgresFailure) {
        let quoted = "\"" + PostgresConfiguration.replacingBytes("\"", in: channel, by: "\"\"") + "\""
        try run(script: "LISTEN \(quoted)")
    }

    /// Notifications that have come, also while a statement ran; waits for the first until the deadline.
    /// - Throws: ``PostgresFailure/unreachable(_:)`` when the connection is lost.
    func notifications(until deadline: ContinuousClock.Instant) throws(PostgresFailure) -> [PostgresNotification] {
        var found = takeNotifications()
        guard found.isEmpty, wait(for: POLLIN, until: deadline) else { return found }
        if PQconsumeInput(handle) == 0 { throw lost(.closed) }
        found = takeNotifications()
        if PQstatus(handle) == CONNECTION_BAD { throw lost(.closed) }
        return found
    }

    private func takeNotifications() -> [PostgresNotification] {
        var found: [PostgresNotification] = []
        while let notification = PQnotifies(handle) {
            found.append(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)
                )
            )
            PQfreemem(notification)
        }
        return found
    }
}
