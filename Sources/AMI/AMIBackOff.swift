/// How long to wait before the next try to connect, as a value.
struct AMIBackOff {
    /// A connection that held so long is followed by a quick try.
    static let steadyAfter: Duration = .seconds(1)

    private let configuration: AMIConfiguration
    private var delay: Duration

    init(_ configuration: AMIConfiguration) {
        self.configuration = configuration
        delay = configuration.reconnectionDelay
    }

    /// - Parameter duration: From the beginning of the try to the end of the connection.
    mutating func pause(after end: AMIEnd, heldFor duration: Duration) -> Duration {
        switch end {
        case .loginRefused:
            return configuration.loginRefusedDelay
        case .closed, .silent, .malformed:
            if duration >= Self.steadyAfter { delay = configuration.reconnectionDelay }
        case .connectionRefused, .unreachable, .noManager, .loginTimedOut, .stopped:
            break
        }
        let limit = end == .connectionRefused ? configuration.refusedDelayLimit : configuration.reconnectionDelayLimit
        defer { delay = min(delay * 2, limit) }
        return min(delay, limit)
    }
}
