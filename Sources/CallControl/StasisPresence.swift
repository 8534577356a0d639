import Synchronization
public import Telephony

/// Tells whether a channel is in a Stasis application, and waits for it (contract 00 §7.4).
///
/// A channel's snapshot shows `Stasis` a moment before Asterisk takes requests for it; the truth is a request that only
/// a channel in Stasis takes.
public final class StasisPresence: EventReceiving {
    /// Set to nothing; 204 tells that the channel is in Stasis, 409 that it is not.
    public static let probe = "WAZO_TEST_STASIS"

    private let channels: any ChannelControlling
    private struct State {
        var next: UInt64 = 0
        var waiters: [ChannelID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    }
    private let state = Mutex(State())

    /// - Parameter channels: Who is asked.
    public init(channels: any ChannelControlling) { self.channels = channels }

    /// Whether a channel is in Stasis now.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func isInStasis(_ id: ChannelID) async throws -> Bool {
        do {
            try await channels.setVariable(Self.probe, to: "", of: id)
            return true
        } catch TelephonyFailure.conflict {
            return false
        }
    }

    /// Waits until a channel is in Stasis, woken by its events.
    /// - Parameters:
    ///   - limit: How long at most.
    ///   - recheck: How long to wait for an event before looking without one: events of an application that is not ours,
    ///     or of a feed that is away, do not come.
    /// - Returns: `false` when it is not there at the end of the time.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone; `CancellationError`.
    public func waitUntilInStasis(
        _ id: ChannelID,
        within limit: Duration = .seconds(2),
        recheck: Duration = .milliseconds(500)
    ) async throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while true {
            // The waiter is there before the look, so that an event in between is not missed.
            let (signals, ticket) = beginWaiting(for: id)
            defer { endWaiting(for: id, ticket) }
            if try await isInStasis(id) { return true }
            let now = clock.now
            guard now < deadline else { return false }
            try await Self.wait(for: signals, until: min(deadline, now + recheck))
        }
    }

    private func beginWaiting(for id: ChannelID) -> (signals: AsyncStream<Void>, ticket: UInt64) {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let ticket = state.withLock { state in
            state.next += 1
            state.waiters[id, default: [:]][state.next] = continuation
            return state.next
        }
        return (signals, ticket)
    }

    private func endWaiting(for id: ChannelID, _ ticket: UInt64) {
        state.withLock { state in
            state.waiters[id]?[ticket] = nil
            if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
        }
    }

    private static func wait(for signals: AsyncStream<Void>, until end: ContinuousClock.Instant) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try? await Task.sleep(until: end, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    /// Beginnings and ends of channels that somebody waits for.
    public func wants(_ head: EventHead) -> Bool {
        guard head.type == "StasisStart" || head.type == "ChannelDestroyed", let channel = head.channel else {
            return false
        }
        return state.withLock { $0.waiters[channel] != nil }
    }

    /// Lets who waits for the channel look again.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        guard let channel = head.channel else { return }
        for waiter in state.withLock({ $0.waiters[channel] ?? [:] }).values { waiter.yield() }
    }

    /// Nothing: who waits looks again by itself.
    public func feedConnected() async {}
    /// Nothing.
    public func feedDisconnected() async {}
}
