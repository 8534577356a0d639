import Synchronization
public import Telephony

/// Channels and bridges in memory, for faults and orders of events that a real Asterisk cannot show on
/// demand. It keeps a line for every request.
public final class FakeAsterisk: Sendable {
    struct State {
        var channels: [ChannelID: Channel] = [:]
        var bridges: [BridgeID: Bridge] = [:]
        var unset: [ChannelID: [String: String]] = [:]
        var playbacks: [PlaybackID: Playback] = [:]
        var recordings: [String: LiveRecording] = [:]
        var globals: [String: String] = [:]
        var endpoints: [Endpoint] = []
        var applications: [String: StasisApplicationState] = [:]
        var requests: [String] = []
        var failures: [String: TelephonyFailure] = [:]
        var lostAnswers: [String] = []
        var outage: TelephonyFailure?
        var stalls: Set<String> = []
        var stalled: [CheckedContinuation<Void, Never>] = []
        typealias Watcher = (ticket: Int, request: String, times: Int, continuation: CheckedContinuation<Void, Never>)
        var watchers: [Watcher] = []
        var nextTicket = 0

        /// - Returns: Who waited for this request.
        mutating func note(_ request: String) -> [Watcher] {
            requests.append(request)
            let times = requests.count { $0 == request }
            func isDue(_ watcher: Watcher) -> Bool { watcher.request == request && times >= watcher.times }
            defer { watchers.removeAll(where: isDue) }
            return watchers.filter(isDue)
        }
    }
    private let state = Mutex(State())

    /// An Asterisk without channels.
    public init() {}

    /// Requests so far, for instance `answer 1700000000.1`.
    public var requests: [String] { state.withLock { $0.requests } }

    /// Puts a channel there, or replaces it; `variables` are those that its snapshot does not show.
    public func put(_ channel: Channel, variables: [String: String] = [:]) {
        state.withLock { state in
            state.channels[channel.id] = channel
            state.unset[channel.id] = variables
        }
    }

    /// Takes a channel away, out of its bridges too.
    public func remove(_ id: ChannelID) {
        state.withLock { Self.remove(id, from: &$0) }
    }

    /// Takes everything away, as a restart of Asterisk does.
    public func restart() {
        state.withLock { state in
            state.channels = [:]
            state.bridges = [:]
            state.playbacks = [:]
            state.recordings = [:]
            state.globals = [:]
        }
    }

    /// Makes requests whose line begins with `prefix` fail, until it is set to `nil`.
    public func fail(_ prefix: String, with failure: TelephonyFailure?) {
        state.withLock { $0.failures[prefix] = failure }
    }

    /// The next request whose line begins with `prefix` is carried out, and its answer is lost: the one who asks cannot
    /// know whether it was.
    public func loseAnswer(_ prefix: String) { state.withLock { $0.lostAnswers.append(prefix) } }

    /// Makes every request fail, until it is set to `nil`.
    public func setOutage(_ failure: TelephonyFailure?) { state.withLock { $0.outage = failure } }

    /// Originations, answers, hang-ups and destructions of bridges whose line begins with `prefix` get no answer until
    /// ``answerAgain()``, not even when the one who asks gives up.
    public func stall(_ prefix: String) { state.withLock { _ = $0.stalls.insert(prefix) } }

    /// Requests that wait for an answer now.
    public var stalledCount: Int { state.withLock { $0.stalled.count } }

    /// Answers what waits, and from now on everything at once.
    public func answerAgain() {
        let stalled = state.withLock { state in
            defer { (state.stalls, state.stalled) = ([], []) }
            return state.stalled
        }
        for request in stalled { request.resume() }
    }

    func waitWhileStalled(_ request: String) async {
        await withCheckedContinuation { continuation in
            let isStalled = state.withLock { state in
                guard state.stalls.contains(where: request.hasPrefix) else { return false }
                state.stalled.append(continuation)
                return true
            }
            if !isStalled { continuation.resume() }
        }
    }

    /// Returns once a request with this line was made, so many times, or when the task is cancelled, as the time limit of a
    /// suite does.
    public func waitForRequest(_ request: String, times: Int = 1) async {
        let ticket = state.withLock { state in
            defer { state.nextTicket += 1 }
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.requests.count(where: { $0 == request }) >= times { return true }
                    state.watchers.append((ticket, request, times, continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let watcher = state.withLock { state in
                state.watchers.firstIndex { $0.ticket == ticket }.map { state.watchers.remove(at: $0) }
            }
            watcher?.continuation.resume()
        }
    }

    /// Members of a bridge; empty when there is none.
    public func members(of bridge: BridgeID) -> [ChannelID] {
        state.withLock { $0.bridges[bridge]?.channels ?? [] }
    }

    static func remove(_ id: ChannelID, from state: inout State) {
        state.channels[id] = nil
        for bridge in state.bridges.keys { state.bridges[bridge]?.channels.removeAll { $0 == id } }
    }

    /// Changes what is there without a request.
    func withState(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func perform<Value>(_ request: String, _ body: (inout State) throws -> Value) throws -> Value {
        let watchers = state.withLock { $0.note(request) }
        defer { for watcher in watchers { watcher.continuation.resume() } }
        return try state.withLock { state in
            if let outage = state.outage { throw outage }
            if let failure = state.failures.first(where: { request.hasPrefix($0.key) }) { throw failure.value }
            let value = try body(&state)
            guard let lost = state.lostAnswers.firstIndex(where: request.hasPrefix) else { return value }
            state.lostAnswers.remove(at: lost)
            throw TelephonyFailure.unreachable("the answer was lost")
        }
    }

    static func require(_ id: ChannelID, in state: State) throws {
        guard state.channels[id] != nil else { throw TelephonyFailure.notFound("Channel not found") }
    }
}
