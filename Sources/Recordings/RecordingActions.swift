import API
import CallControl
import Core
import Foundation
import Logging
import Telephony

/// Starting, stopping, pausing and resuming the recording of a call (contract 10 §2.10). What concerns one channel is
/// done one after the other.
struct RecordingActions: Sendable {
    private let ports: RecordingPorts
    private let open: OpenRecordings
    private let turns: Turns<ChannelID>
    private let look: RecordingLook
    private let recorded: RecordedChannel
    private let announcement: RecordingAnnouncement

    init(_ ports: RecordingPorts, open: OpenRecordings, turns: Turns<ChannelID>) {
        self.ports = ports
        self.open = open
        self.turns = turns
        look = RecordingLook(ports, open: open)
        recorded = RecordedChannel(ports)
        announcement = RecordingAnnouncement(channels: ports.channels, manager: ports.manager)
    }

    /// What can be done with the recording of a call.
    enum Action: String, Sendable, CaseIterable {
        case start, stop, pause, resume
    }

    /// - Parameter call: The call that is named, as Asterisk shows it now.
    /// - Throws: `Failure`, `TelephonyFailure`, `ManagerFailure`, `DatabaseFailure`.
    func perform(_ action: Action, on call: Channel) async throws {
        let channel = try await recorded.channel(of: call)
        try await turns.take(channel.id) {
            // What was asked before in this turn may have changed it.
            guard let channel = try await ports.channels.channel(channel.id) else {
                throw Failure.noSuchCall(channel.id)
            }
            if action != .start { try await look.settle(channel.id) }
            switch action {
            case .start: try await start(channel, named: call)
            case .stop: try await stop(channel)
            case .pause: try await pause(channel)
            case .resume: try await resume(channel)
            }
        }
    }

    private func value(_ name: String, of channel: Channel) async throws -> String? {
        try await ports.variables.variable(name, of: channel)
    }

    private func isActive(_ channel: Channel) async throws -> Bool {
        if open[channel.id] != nil { return true }
        return try await value("WAZO_CALL_RECORD_ACTIVE", of: channel) == "1"
    }

    private func isPaused(_ channel: Channel) async throws -> Bool {
        if let recording = open[channel.id] { return recording.phase == .paused || recording.phase == .pausing }
        return try await value("WAZO_RECORDING_PAUSED", of: channel) == "1"
    }

    private func requirePermission(_ channel: Channel) async throws {
        guard try await recorded.isToggleAllowed(on: channel) else { throw Failure.recordingUnauthorized(channel.id) }
    }

    // MARK: Start

    private func start(_ channel: Channel, named call: Channel) async throws {
        if try await isActive(channel) { return try await announce("WAZO_RECORDING_START_SOUND", to: channel) }
        // A recording that its group, queue or user has asked for needs nobody's key.
        let isWanted = try await value("WAZO_RECORD_PENDING", of: channel) == "1"
        if !isWanted, try await !recorded.isRecordedForMember(call) { try await requirePermission(channel) }
        guard let owner = try await ports.calls.owner(channel.id) else { throw Failure.noSuchCall(channel.id) }
        let id = UUID().uuidString.lowercased()
        let recording = Recording(
            id: id,
            call: channel.id,
            channel: channel.name,
            of: owner,
            file: file(id, of: owner.tenant),
            startedAt: ports.clock.now
        )
        try await open.add(recording)
        do {
            try await ports.variables.setAndConfirm("WAZO_RECORDING_UUID", to: id, of: channel.id)
            try await ports.manager.startMixMonitor(of: channel.name, file: recording.file)
        } catch {
            if let refused = open.transition(.refused, on: channel.id) { await open.note(refused) }
            throw error
        }
        ports.logger.info("recording", metadata: metadata(recording, "started"))
        try await announce("WAZO_RECORDING_START_SOUND", to: channel)
    }

    private func file(_ id: String, of tenant: TenantID) -> String {
        "\(ports.folder)/\(tenant)/monitor/\(id).wav"
    }

    /// A recording goes on when its tone cannot be played.
    private func announce(_ variable: String, to channel: Channel) async throws {
        do {
            try await ports.manager.playSound(try await value(variable, of: channel) ?? "beep", intoChannel: channel.id)
        } catch let failure as ManagerFailure {
            ports.logger.warning("no tone", metadata: ["call": "\(channel.id)", "error": "\(failure)"])
        }
    }

    /// The party behind a channel changed: it hears that it is recorded.
    func announceAgain(to channel: ChannelID) async {
        do {
            try await announcement.announce(to: channel)
        } catch {
            ports.logger.warning("no tone", metadata: ["call": "\(channel)", "error": "\(error)"])
        }
    }

    private func metadata(_ recording: Recording, _ what: String) -> Logger.Metadata {
        [
            "recording": "\(recording.id)", "call": "\(recording.call)", "tenant": "\(recording.tenant)",
            "what": "\(what)",
        ]
    }

    // MARK: Stop, pause, resume

    private func stop(_ channel: Channel) async throws {
        try await requirePermission(channel)
        guard try await isActive(channel) else { return }
        if let phase = open[channel.id]?.phase {
            // Somebody else is about it, or Asterisk has not yet said that it began.
            guard try await open.request(.stopRequested, on: channel.id) else { return }
            if phase == .active { try await stopMonitor(channel) } else { try await showEnd(channel) }
        } else if try await isPaused(channel) {
            try await showEnd(channel)
            if let owner = try await ports.calls.owner(channel.id) {
                await ports.calls.publish(BusEvents.recording(.stopped, call: channel.id, of: owner))
            }
        } else {
            try await ports.manager.stopMixMonitor(of: channel.name)
        }
        try await announce("WAZO_RECORDING_STOP_SOUND", to: channel)
    }

    /// Nothing runs in Asterisk: nobody will tell of the end.
    private func showEnd(_ channel: Channel) async throws {
        try await ports.calls.set(.isRecorded, "0", channel.id)
        try await ports.calls.set(.isRecordingPaused, "", channel.id)
        try await ports.calls.publishUpdate(channel.id)
    }

    /// Asks Asterisk to record no more, for now or for good; its event tells the rest.
    private func stopMonitor(_ channel: Channel) async throws {
        do {
            try await ports.manager.stopMixMonitor(of: channel.name)
        } catch {
            if let refused = open.transition(.refused, on: channel.id) { await open.note(refused) }
            throw error
        }
    }

    private func pause(_ channel: Channel) async throws {
        try await requirePermission(channel)
        guard try await isActive(channel) else { throw Failure.recordingNotStarted(channel.id) }
        if try await isPaused(channel) { return }
        guard let tenant = try await value("WAZO_TENANT_UUID", of: channel) else {
            throw Failure.recordingPauseError(channel.id, missing: "WAZO_TENANT_UUID")
        }
        guard let id = try await value("WAZO_RECORDING_UUID", of: channel) else {
            throw Failure.recordingPauseError(channel.id, missing: "WAZO_RECORDING_UUID")
        }
        // What is shown unless Asterisk pauses.
        let shown = open[channel.id].map { $0.pauses.isEmpty ? "" : "0" } ?? ""
        if open[channel.id] != nil {
            guard try await open.request(.pauseRequested, on: channel.id) else {
                throw Failure.recordingNotStarted(channel.id)
            }
        }
        do {
            try await ports.calls.set(.isRecordingPaused, "1", channel.id)
            try await ports.manager.stopMixMonitor(of: channel.name)
        } catch {
            await look.takeBack(on: channel.id, shown: shown, uncertain: shown, because: error)
            throw error
        }
        try await announce("WAZO_RECORDING_STOP_SOUND", to: channel)
        await appendTone(to: file(id, of: TenantID(tenant)))
    }

    /// The pause is heard in the file.
    private func appendTone(to file: String) async {
        do {
            _ = try await ports.channels.originate(
                Origination(
                    channel: ChannelID("recording-tone-\(UUID().uuidString.lowercased())"),
                    endpoint: "Local/s@wazo-record-listening-channel",
                    destination: .dialplan(DialplanPlace(context: "wazo-record-beep", exten: "s", priority: 1)),
                    variables: ["WAZO_MIXMONITOR_FILENAME": file]
                )
            )
        } catch {
            ports.logger.warning("no tone in the file", metadata: ["file": "\(file)", "error": "\(error)"])
        }
    }

    private func resume(_ channel: Channel) async throws {
        try await requirePermission(channel)
        guard try await isActive(channel) else { throw Failure.recordingNotStarted(channel.id) }
        guard try await isPaused(channel), let id = try await value("WAZO_RECORDING_UUID", of: channel) else { return }
        guard let owner = try await ports.calls.owner(channel.id) else { throw Failure.noSuchCall(channel.id) }
        try await open.request(.resumeRequested, on: channel.id)
        do {
            try await ports.calls.set(.isRecordingPaused, "0", channel.id)
            try await ports.manager.startMixMonitor(of: channel.name, file: file(id, of: owner.tenant), options: "a")
        } catch {
            await look.takeBack(on: channel.id, shown: "1", uncertain: "0", because: error)
            throw error
        }
        try await announce("WAZO_RECORDING_START_SOUND", to: channel)
    }
}
