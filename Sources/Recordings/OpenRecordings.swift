import Core
import Events
import Foundation
import Logging
import Persistence
import Synchronization
import Telephony

/// The recordings that have not ended, by their channels. A change is written, with what others are told of it, before
/// it counts.
final class OpenRecordings: Sendable {
    private let store: any RecordingStoring
    private let envelope: BusEnvelope
    private let publish: @Sendable (BusEvent) async -> Void
    private let clock: any WallClock
    private let logger: Logger
    private let known = Mutex<[ChannelID: Recording]>([:])

    init(_ ports: RecordingPorts) {
        store = ports.store
        envelope = ports.envelope
        publish = ports.calls.publish
        clock = ports.clock
        logger = ports.logger
    }

    subscript(_ channel: ChannelID) -> Recording? { known.withLock { $0[channel] } }

    var all: [Recording] { known.withLock { Array($0.values) } }

    /// Takes a new recording.
    /// - Throws: `DatabaseFailure`: it is not taken.
    func add(_ recording: Recording) async throws {
        try await store.save(recording.row, messages: [])
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

    /// What a client wants to happen to the recording of a channel.
    /// - Returns: Whether it means something now.
    /// - Throws: `DatabaseFailure`, and nothing happens.
    @discardableResult
    func request(_ event: Recording.Event, on channel: ChannelID) async throws -> Bool {
        guard let transition = self[channel]?.handle(event, at: clock.now) else { return false }
        try await store.save(transition.recording.row, messages: messages(transition))
        keep(transition.recording)
        return true
    }

    /// What Asterisk did. It counts also while the store is away: then what is told of it takes the way of events without
    /// stored state, and the row is written with the next change.
    func note(_ transition: Recording.Transition) async {
        do {
            try await store.save(transition.recording.row, messages: messages(transition))
        } catch {
            logger.error(
                "recording not written",
                metadata: ["call": "\(transition.recording.call)", "error": "\(error)"]
            )
            if let event = event(transition) { await publish(event) }
        }
        keep(transition.recording)
    }

    /// What an event would lead to.
    func transition(_ event: Recording.Event, on channel: ChannelID) -> Recording.Transition? {
        self[channel]?.handle(event, at: clock.now)
    }

    private func keep(_ recording: Recording) {
        known.withLock { $0[recording.call] = recording.phase == .ended ? nil : recording }
    }

    private func event(_ transition: Recording.Transition) -> BusEvent? {
        let recording = transition.recording
        let owner = RecordedCalls.Owner(tenant: recording.tenant, user: recording.user)
        return transition.notice.map { BusEvents.recording($0, call: recording.call, of: owner) }
    }

    private func messages(_ transition: Recording.Transition) -> [BusMessage] {
        event(transition).map { [envelope.message(for: $0, at: clock.now)] } ?? []
    }
}
