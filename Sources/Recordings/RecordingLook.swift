import CallControl
import Core
import Logging
import Telephony

/// What Asterisk does with a recording, and showing it: what it does decides, whatever was asked of it. Everything here
/// runs in the channel's turn.
struct RecordingLook: Sendable {
    private let ports: RecordingPorts
    private let open: OpenRecordings

    init(_ ports: RecordingPorts, open: OpenRecordings) {
        self.ports = ports
        self.open = open
    }

    /// Takes over what happened to a recording: clients see it, the row is stored, and the event is published.
    func adopt(_ event: Recording.Event, on id: ChannelID) async {
        guard let transition = open.transition(event, on: id) else { return }
        await show(transition.recording.phase, isResumed: !transition.recording.pauses.isEmpty, on: id)
        await open.note(transition)
    }

    /// Brings the channel's variables, and what clients see of the call, to what the recording is now.
    func show(_ phase: Recording.Phase, isResumed: Bool, on id: ChannelID) async {
        do {
            try await ports.calls.set(.isRecorded, phase == .ended ? "0" : "1", id)
            let isPaused = phase == .paused || phase == .pausing
            let value = isPaused ? "1" : isResumed && phase != .ended ? "0" : ""
            try await ports.calls.set(.isRecordingPaused, value, id)
            try await ports.calls.publishUpdate(id)
        } catch TelephonyFailure.notFound {
            // The channel is gone; its end is told by another event.
        } catch {
            ports.logger.warning("recording not shown", metadata: ["call": "\(id)", "error": "\(error)"])
        }
    }

    /// Asks Asterisk what it does, and takes over what differs from the recording's phase.
    /// - Throws: `ManagerFailure` when it cannot be asked.
    func look(at id: ChannelID) async throws {
        guard let recording = open[id] else { return }
        let lines = try await ports.manager.command("mixmonitor list \(recording.channel)")
        // Asterisk 22.10.1 shows the file's path without `.wav`.
        switch (recording.phase, lines.contains { $0.contains(recording.id) }) {
        case (.starting, true), (.resuming, true), (.paused, true): await adopt(.monitorStarted, on: id)
        case (.active, false), (.stopping, false), (.pausing, false): await adopt(.monitorStopped, on: id)
        case (.starting, false), (.resuming, false), (.stopping, true), (.pausing, true): await adopt(.refused, on: id)
        case (.active, true), (.paused, false), (.ended, _): break
        }
    }

    /// Ends the uncertainty of a pause or resumption whose outcome Asterisk has not told.
    /// - Throws: `ManagerFailure` when it cannot be asked.
    func settle(_ id: ChannelID) async throws {
        guard let phase = open[id]?.phase, phase == .pausing || phase == .resuming else { return }
        try await look(at: id)
    }

    /// Asterisk was not brought to do what a client asked for. What it refused, or was not asked, did not happen;
    /// otherwise its answer was lost, and the next request, or the next connection of the manager interface, looks.
    /// - Parameters:
    ///   - shown: What the channel shows of the pause when nothing happened.
    ///   - uncertain: The same while nobody knows: a call that may be recorded is never shown as paused.
    func takeBack(on id: ChannelID, shown: String, uncertain: String, because error: any Error) async {
        if error.wasNotDone, let refused = open.transition(.refused, on: id) { await open.note(refused) }
        do {
            try await ports.calls.set(.isRecordingPaused, error.wasNotDone ? shown : uncertain, id)
        } catch {
            ports.logger.warning("recording not shown", metadata: ["call": "\(id)", "error": "\(error)"])
        }
    }
}

extension Error {
    /// Whether what was asked for has certainly not been done: it was refused, not sent, or something before it failed.
    fileprivate var wasNotDone: Bool {
        switch self as? ManagerFailure {
        case .refused, .unsendable: true
        case .unreachable, .timedOut, .malformed: false
        case nil: !(self is CancellationError)
        }
    }
}
