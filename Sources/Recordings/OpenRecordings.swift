import Core
import Foundation
import Persistence
import Synchronization
import Telephony

/// The recordings that have not ended, by their channels; written to the store before anybody is told.
final class OpenRecordings: Sendable {
    private let store: any RecordingStoring
    private let clock: any WallClock
    private let known = Mutex<[ChannelID: Recording]>([:])

    init(store: any RecordingStoring, clock: any WallClock) {
        self.store = store
        self.clock = clock
    }

    subscript(_ channel: ChannelID) -> Recording? { known.withLock { $0[channel] } }

    /// Takes a new recording.
    /// - Throws: `DatabaseFailure`: it is not taken.
    func add(_ recording: Recording) async throws {
        try await store.save(recording.row)
        known.withLock { $0[recording.call] = recording }
    }

    /// Those of the store that are not known yet.
    /// - Throws: `DatabaseFailure`.
    func load() async throws {
        let stored = try await store.openRecordings().compactMap { Recording($0) }
        known.withLock { known in
            for recording in stored where known[recording.call] == nil { known[recording.call] = recording }
        }
    }

    var all: [Recording] { known.withLock { Array($0.values) } }

    /// Lets something happen to the recording of a channel. What Asterisk did is taken as it is, also when the store is
    /// away: then it is written with the next change, or by the look after the next start.
    /// - Returns: What to tell; `nil` when there is no recording, or it means nothing to it.
    /// - Throws: `DatabaseFailure`, and nothing happens, when a client asked for it.
    func handle(
        _ event: Recording.Event,
        on channel: ChannelID,
        isRequest: Bool = false,
        failed: (any Error) -> Void = { _ in }
    ) async throws -> Recording.Transition? {
        guard let transition = self[channel]?.handle(event, at: clock.now) else { return nil }
        do {
            try await store.save(transition.recording.row)
        } catch {
            if isRequest { throw error }
            failed(error)
        }
        known.withLock { $0[channel] = transition.recording.phase == .ended ? nil : transition.recording }
        return transition
    }
}
