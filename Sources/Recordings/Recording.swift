import Core
import Foundation
import Persistence
import Telephony

/// The recording of a call: the state machine, a pure value (contract 10 §2.10, §6 row 4). docs/recordings.md has its
/// picture.
struct Recording: Sendable, Hashable {
    /// Where it stands.
    enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Asterisk is asked to record.
        case starting
        /// Asterisk records.
        case active
        /// Asterisk is asked to record no more for a while.
        case pausing
        /// Asterisk does not record for a while.
        case paused
        /// Asterisk is asked to go on in the same file.
        case resuming
        /// Asterisk is asked to record no more.
        case stopping
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
    enum Event: String, Sendable, Hashable, CaseIterable {
        /// Asterisk tells that it records.
        case monitorStarted
        /// Asterisk tells that it records no more.
        case monitorStopped
        /// A party wants it.
        case pauseRequested, resumeRequested, stopRequested
        /// Asterisk would not do what it was asked.
        case refused
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
        // Nobody was told of its beginning.
        case (.starting, .refused), (.starting, .channelGone), (.starting, .monitorStopped): return ended(at: now, nil)
        case (.active, .pauseRequested): return paused(at: now)
        case (.active, .stopRequested): return moved(to: .stopping, nil)
        case (.stopping, .refused): return moved(to: .active, nil)
        case (.pausing, .monitorStopped): return moved(to: .paused, .paused)
        // Asterisk's word for the pause may still come; the pause is told now.
        case (.pausing, .resumeRequested): return moved(to: .resuming, .paused)
        case (.pausing, .refused): return resumed(at: now, nil)
        case (.paused, .resumeRequested): return moved(to: .resuming, nil)
        // Also somebody else may have made Asterisk record.
        case (.resuming, .monitorStarted), (.paused, .monitorStarted): return resumed(at: now, .resumed)
        case (.resuming, .refused): return moved(to: .paused, nil)
        // While it is paused nothing runs in Asterisk whose end it could tell.
        case (.paused, .stopRequested), (.pausing, .stopRequested), (.resuming, .stopRequested),
            (.active, .monitorStopped), (.stopping, .monitorStopped), (.active, .channelGone), (.pausing, .channelGone),
            (.paused, .channelGone), (.resuming, .channelGone), (.stopping, .channelGone):
            return ended(at: now, .stopped)
        default: return nil
        }
    }

    private func paused(at now: Date) -> Transition {
        var next = self
        next.phase = .pausing
        next.pauses.append(Pause(from: now))
        return Transition(recording: next)
    }

    private func resumed(at now: Date, _ notice: Notice?) -> Transition {
        var next = self
        next.phase = .active
        if let last = next.pauses.indices.last { next.pauses[last].to = now }
        return Transition(recording: next, notice: notice)
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
