import Core
import Synchronization
import Telephony

/// An operator's request for a queued call, on its way from a route to the switchboard's actor.
struct AnswerRequest: Sendable {
    /// The call that is asked for.
    let call: ChannelID
    /// Who asks, with the ids of what will be created.
    let taker: QueuedCall.Operator
    /// How long the client waits: a request that waited longer is not carried out, so that no phone
    /// rings for an operator who was told that it failed.
    let expiry: ContinuousClock.Instant
    /// Where the outcome goes.
    let reply: Reply

    /// The outcome of a request, given once; later outcomes are ignored.
    final class Reply: Sendable {
        private struct State {
            var outcome: Result<ChannelID, Failure>?
            var waiting: CheckedContinuation<Result<ChannelID, Failure>, Never>?
        }
        private let state = Mutex(State())

        /// Gives the outcome.
        func resolve(_ outcome: Result<ChannelID, Failure>) {
            let waiting = state.withLock { state -> CheckedContinuation<Result<ChannelID, Failure>, Never>? in
                guard state.outcome == nil else { return nil }
                state.outcome = outcome
                defer { state.waiting = nil }
                return state.waiting
            }
            waiting?.resume(returning: outcome)
        }

        /// The operator's channel.
        /// - Throws: the `Failure` of the request; `late` when nothing came within `limit`.
        func value(within limit: Duration, late: @escaping @Sendable () -> Failure) async throws -> ChannelID {
            let timer = Task { [weak self] in
                try? await Task.sleep(for: limit)
                if !Task.isCancelled { self?.resolve(.failure(late())) }
            }
            defer { timer.cancel() }
            let outcome = await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Result<ChannelID, Failure>? in
                    if state.outcome == nil { state.waiting = continuation }
                    return state.outcome
                }
                if let known { continuation.resume(returning: known) }
            }
            return try outcome.get()
        }
    }
}
