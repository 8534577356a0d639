import Synchronization
import TandemTesting
import Telephony

/// Lets a test hold back the answers of reads and sets of variables; everything else goes to the fake at once.
final class GatedVariables: ChannelControlling, AnyChannelVariableSetting {
    let asterisk = FakeAsterisk()
    private struct State {
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    /// From now on answers wait.
    func close() { state.withLock { $0.isClosed = true } }

    /// Lets the answers go; what Asterisk had read or done stays so.
    func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isClosed = false
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once so many answers wait.
    func waitForWaiting(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiting.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                guard state.isClosed else { return true }
                state.waiting.append(continuation)
                state.watchers.removeAll { watcher in
                    guard state.waiting.count >= watcher.count else { return false }
                    watcher.continuation.resume()
                    return true
                }
                return false
            }
            if passes { continuation.resume() }
        }
    }

    func variable(_ name: String, of id: ChannelID) async throws -> String? {
        let answer = await Result.of { try await self.asterisk.variable(name, of: id) }
        await pass()
        return try answer.get()
    }
    func setVariable(_ name: String, to value: String, of id: ChannelID) async throws {
        let answer = await Result.of { try await self.asterisk.setVariable(name, to: value, of: id) }
        await pass()
        try answer.get()
    }
    func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws {
        let answer = await Result.of { try await self.asterisk.setVariable(name, to: value, ofAny: id) }
        await pass()
        try answer.get()
    }

    func channels() async throws -> [Channel] { try await asterisk.channels() }
    func channel(_ id: ChannelID) async throws -> Channel? { try await asterisk.channel(id) }
    func originate(_ origination: Origination) async throws -> Channel { try await asterisk.originate(origination) }
    func answer(_ id: ChannelID) async throws { try await asterisk.answer(id) }
    func hangUp(_ id: ChannelID, reason: HangupReason?) async throws {
        try await asterisk.hangUp(id, reason: reason)
    }
    func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws {
        try await asterisk.continue(id, at: place)
    }
}

extension Result where Failure == any Error {
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
