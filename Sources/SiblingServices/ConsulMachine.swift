/// How the registration in Consul goes on (contract 00 §10), without doing anything itself. Each effect is answered
/// by exactly one event; an event that does not fit is a no-op.
struct ConsulMachine: Equatable {
    /// Where it stands.
    enum Phase: String, Equatable {
        /// Our own port has not answered yet.
        case checking
        /// Consul is asked to take us.
        case registering
        /// Consul has us; the check has to be passed again in time.
        case registered
        /// Consul is asked to forget us.
        case deregistering
        case stopped
    }
    /// What happened.
    enum Event: Equatable {
        case selfCheckPassed, selfCheckFailed
        /// The pause is over.
        case paused
        /// Consul did what it was asked for.
        case accepted
        /// Consul answered with an error.
        case refused
        /// Consul did not answer.
        case unanswered
        /// The server stops.
        case stopping
    }
    /// What has to be done.
    enum Effect: Equatable {
        case checkSelf, register, pass, deregister
        case pauseToRetry, pauseToRefresh
        case announce, announceEnd
    }

    private(set) var phase = Phase.checking
    /// Consul may have us, even if it never said so.
    private(set) var isPerhapsKnown = false
    /// Others were told of us.
    private(set) var isAnnounced = false

    /// What comes first.
    static let start: [Effect] = [.checkSelf]

    /// The next effects, in order.
    mutating func handle(_ event: Event) -> [Effect] {
        switch (phase, event) {
        case (.checking, .selfCheckPassed):
            phase = .registering
            isPerhapsKnown = true
            return [.register]
        case (.checking, .selfCheckFailed): return [.pauseToRetry]
        case (.checking, .paused): return [.checkSelf]
        case (.registering, .accepted):
            phase = .registered
            defer { isAnnounced = true }
            // A TTL check begins critical: it is passed at once, not after the first interval.
            return isAnnounced ? [.pass] : [.announce, .pass]
        case (.registering, .refused), (.registering, .unanswered): return [.pauseToRetry]
        case (.registering, .paused): return [.register]
        case (.registered, .accepted): return [.pauseToRefresh]
        case (.registered, .unanswered): return [.pauseToRetry]
        case (.registered, .paused): return [.pass]
        case (.registered, .refused):
            // It has forgotten us, as an agent does that lost its data.
            phase = .registering
            return [.pauseToRetry]
        case (.checking, .stopping), (.registering, .stopping), (.registered, .stopping):
            guard isPerhapsKnown else {
                phase = .stopped
                return []
            }
            phase = .deregistering
            return isAnnounced ? [.announceEnd, .deregister] : [.deregister]
        case (.deregistering, .accepted), (.deregistering, .refused), (.deregistering, .unanswered):
            phase = .stopped
            return []
        default:
            return []
        }
    }
}
