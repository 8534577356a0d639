import Core
import Foundation
import Persistence
import Telephony

/// The recording of a call: the state machine, a pure value (contract 10 §2.10, §6 row 4).
///
/// ```
/// starting ──monitor started──▶ active ──pause──▶ paused ──resume──▶ resuming ──monitor started──▶ active
///     │                           │                 │                    │
///     └──refused──▶ ended ◀──monitor stopped──┴──────stop──────┴──channel gone (from each)
/// ```
struct Recording: Sendable, Hashable {
    /// Where it stands.
    enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Asterisk is asked to record.
        case starting
        /// Asterisk records.
        case active
        /// Asterisk does not record for a while.
        case paused
        /// Asterisk is asked to go on in the same file.
        case resuming
        /// The file is complete.
        case ended
    }

    /// A time in which nothing was recorded.
    struct Pause: Sendable, Hashable {
        /// When it began.
        var from: Date
        /// When Asterisk recorded again; `nil`: it has not.
        var to: Date?
    }

    /// What happens to it.
    enum Event: Sendable, Hashable, CaseIterable {
        /// Asterisk tells that it records.
        case monitorStarted
        /// Asterisk tells that it records no more.
        case monitorStopped
        /// A party wants it.
        case pauseRequested, resumeRequested, stopRequested
        /// Asterisk would not begin.
        case refused
        /// Asterisk would not go on.
        case resumeRefused
        /// The channel has ended.
        case channelGone
    }

    /// What others are told.
    enum Notice: String, Sendable, Hashable {
        case started, resumed, paused, stopped
    }

    /// Its uuid, also the file's name.
    let id: String
    /// The recorded channel.
    let call: ChannelID
    /// The channel's name.
    let channel: String
    /// Whose call it is.
    let tenant: TenantID
    /// Whose call it is, when known.
    let user: UserID?
    /// The file.
    let file: String
    /// When it was asked for.
    let startedAt: Date
    /// Where it stands.
    var phase = Phase.starting
    /// Times in which nothing was recorded.
    var pauses: [Pause] = []
    /// Whether the latest pause was told.
    var isPauseTold = false
    /// When it ended.
    var endedAt: Date?

    /// What an event leads to.
    struct Transition: Sendable, Hashable {
        var recording: Recording
        var notice: Notice?
    }

    /// - Returns: `nil` when the event means nothing now.
    func handle(_ event: Event, at now: Date) -> Transition? {
        switch (phase, event) {
        case (.starting, .monitorStarted): return moved(to: .active, .started)
        case (.starting, .refused): return ended(at: now, nil)
        // Nobody was told of its beginning.
        case (.starting, .channelGone), (.starting, .monitorStopped), (.starting, .stopRequested):
            return event == .stopRequested ? nil : ended(at: now, nil)
        case (.active, .pauseRequested):
            var next = self
            next.phase = .paused
            next.isPauseTold = false
            next.pauses.append(Pause(from: now))
            return Transition(recording: next)
        case (.active, .monitorStopped), (.active, .channelGone): return ended(at: now, .stopped)
        case (.paused, .monitorStopped):
            guard !isPauseTold else { return nil }
            var next = self
            next.isPauseTold = true
            return Transition(recording: next, notice: .paused)
        case (.paused, .resumeRequested): return moved(to: .resuming, nil)
        // Also somebody else may have made Asterisk record.
        case (.resuming, .monitorStarted), (.paused, .monitorStarted):
            var next = self
            next.phase = .active
            if let last = next.pauses.indices.last { next.pauses[last].to = now }
            return Transition(recording: next, notice: .resumed)
        case (.resuming, .resumeRefused): return moved(to: .paused, nil)
        // Nothing runs in Asterisk whose end it could tell.
        case (.paused, .stopRequested), (.paused, .channelGone), (.resuming, .stopRequested), (.resuming, .channelGone):
            return ended(at: now, .stopped)
        default: return nil
        }
    }

    private func moved(to phase: Phase, _ notice: Notice?) -> Transition {
        var next = self
        next.phase = phase
        return Transition(recording: next, notice: notice)
    }

    private func ended(at now: Date, _ notice: Notice?) -> Transition {
        var next = self
        next.phase = .ended
        next.endedAt = now
        return Transition(recording: next, notice: notice)
    }
}

extension Recording {
    /// As it is stored.
    var row: RecordingRow {
        RecordingRow(
            id: id,
            call: call.rawValue,
            channel: channel,
            tenant: tenant,
            user: user,
            file: file,
            phase: phase.rawValue,
            startedAt: startedAt,
            pauses: pauses.map { RecordingRow.Pause(from: $0.from, to: $0.to) },
            endedAt: endedAt
        )
    }

    /// A stored one; `nil` when its phase is of a newer program.
    init?(_ row: RecordingRow) {
        guard let phase = Phase(rawValue: row.phase) else { return nil }
        id = row.id
        call = ChannelID(row.call)
        channel = row.channel
        tenant = row.tenant
        user = row.user
        file = row.file
        startedAt = row.startedAt
        self.phase = phase
        pauses = row.pauses.map { Pause(from: $0.from, to: $0.to) }
        // Told before, or to be told by the monitor's end, which nobody heard: once is enough.
        isPauseTold = phase == .paused
        endedAt = row.endedAt
    }

    /// A new one.
    init(id: String, call: ChannelID, channel: String, of owner: RecordedCalls.Owner, file: String, startedAt: Date) {
        self.id = id
        self.call = call
        self.channel = channel
        tenant = owner.tenant
        user = owner.user
        self.file = file
        self.startedAt = startedAt
    }
}
