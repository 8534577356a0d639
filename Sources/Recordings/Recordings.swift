import API
public import CallControl
import Core
import Events
import Foundation
import Logging
import Persistence
public import ServiceLifecycle
public import Telephony

/// Recordings of calls, as files that Asterisk writes (contract 10 §2.10).
///
/// ## A recording's journey
/// 1. `PUT /calls/{id}/record/start`, or the dialplan's handler: the channel to record is chosen (`RecordedChannel`), a
///    row written, Asterisk's MixMonitor started, and the parties hear a tone (`RecordingActions`).
/// 2. Asterisk tells of it (`MixMonitorStart`): the call's `record_state` changes, `recording_started` is published.
/// 3. Pause and resume stop MixMonitor and start it again on the same file.
/// 4. Stopped by a client, the dialplan or the end of the call: `recording_stopped`, once, and the row has its end.
///
/// `Recording` is the state machine; what Asterisk tells decides, so that each event comes once whoever caused it.
public final class Recordings: Service, ManagerEventReceiving, EventReceiving, Restoring, Recovering {
    private enum Input: Sendable {
        case started(ManagerEvent), stopped(ManagerEvent)
        case gone(ChannelID)
    }
    private static let lanes = 8
    private static let discardInterval: Duration = .seconds(3_600)

    let ports: RecordingPorts
    let actions: RecordingActions
    private let open: OpenRecordings
    private let look: RecordingLook
    private let turns: Turns<ChannelID>
    private let mailboxes: [Mailbox<Input>]

    /// Recordings that work through these ports.
    public init(ports: RecordingPorts) {
        self.ports = ports
        open = OpenRecordings(ports)
        look = RecordingLook(ports, open: open)
        turns = Turns()
        actions = RecordingActions(ports, open: open, turns: turns)
        mailboxes = (0..<Self.lanes).map { _ in Mailbox(capacity: 512) }
    }

    /// Works until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for mailbox in self.mailboxes {
                        group.addTask { while let input = await mailbox.next() { await self.handle(input) } }
                    }
                    group.addTask { await self.discardOldOnes() }
                }
            } onCancel: {
                for mailbox in self.mailboxes { mailbox.close() }
            }
        }
    }

    private func discardOldOnes() async {
        while (try? await Task.sleep(for: Self.discardInterval)) != nil {
            try? await ports.store.discardRecordings(endedBefore: ports.clock.now.addingTimeInterval(-ports.retention))
        }
    }

    private func put(_ input: Input, of channel: ChannelID) async {
        await mailboxes[Int(UInt(bitPattern: channel.hashValue) % UInt(Self.lanes))].send(input)
    }

    // MARK: Manager events

    /// What MixMonitor does, and attended transfers.
    public func wants(_ name: String) -> Bool {
        name == "MixMonitorStart" || name == "MixMonitorStop" || name == "AttendedTransfer"
    }

    /// Takes an event over.
    public func receive(_ event: ManagerEvent) async {
        switch event.name {
        case "MixMonitorStart": await put(.started(event), of: ChannelID(event["Uniqueid"] ?? ""))
        case "MixMonitorStop": await put(.stopped(event), of: ChannelID(event["Uniqueid"] ?? ""))
        case "AttendedTransfer" where event["Result"] == "Success":
            for key in ["TransfereeUniqueid", "TransferTargetUniqueid"] {
                if let id = event[key], !id.isEmpty { await actions.announceAgain(to: ChannelID(id)) }
            }
        default: break
        }
    }

    /// Nothing: the look at Asterisk follows.
    public func managerConnected() async {}
    /// Nothing.
    public func managerDisconnected() async {}

    private func handle(_ input: Input) async {
        switch input {
        case .started(let event): await monitorChanged(.monitorStarted, event)
        case .stopped(let event): await monitorChanged(.monitorStopped, event)
        case .gone(let channel): await gone(channel)
        }
    }

    private func monitorChanged(_ change: Recording.Event, _ event: ManagerEvent) async {
        // It only appends a tone to the file of another channel.
        guard event["Channel"]?.begins(with: "Local/s@wazo-record-listening-channel") != true else { return }
        let id = ChannelID(event["Uniqueid"] ?? "")
        await turns.take(id) { await monitorChanged(change, on: id, event) }
    }

    /// In the channel's turn.
    private func monitorChanged(_ change: Recording.Event, on id: ChannelID, _ event: ManagerEvent) async {
        if open[id] != nil { return await look.adopt(change, on: id) }
        // Somebody else made Asterisk record: its variable tells a pause.
        let paused = event.channelVariables["WAZO_RECORDING_PAUSED"]
        let notice: Recording.Notice =
            change == .monitorStarted ? (paused == "0" ? .resumed : .started) : (paused == "1" ? .paused : .stopped)
        let phase: Recording.Phase = notice == .stopped ? .ended : notice == .paused ? .paused : .active
        await look.show(phase, isResumed: notice == .resumed, on: id)
        guard let owner = try? await ports.calls.owner(id) else { return }
        await ports.calls.publish(BusEvents.recording(notice, call: id, of: owner))
    }

    // MARK: Ends of calls

    /// Ends of channels that are recorded.
    public func wants(_ head: EventHead) -> Bool {
        guard head.type == "ChannelDestroyed", head.application == LoneChannelCleanup.application,
            let channel = head.channel
        else { return false }
        return open[channel] != nil
    }

    /// Takes an event over.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        if let channel = head.channel { await put(.gone(channel), of: channel) }
    }

    /// Nothing: the recovery follows.
    public func feedConnected() async {}
    /// Nothing.
    public func feedDisconnected() async {}

    private func gone(_ channel: ChannelID) async {
        await turns.take(channel) {
            if let ended = open.transition(.channelGone, on: channel) { await open.note(ended) }
        }
    }

    // MARK: After a start, and after a gap in the events

    /// Reads the recordings that have not ended.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws { try await open.load() }

    /// Recordings of channels that are gone have ended; of the others Asterisk is asked whether it records them.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await open.load()
        for recording in open.all {
            // The snapshot may be older than the recording.
            if snapshot.channels[recording.call] == nil, try await ports.channels.channel(recording.call) == nil {
                await gone(recording.call)
            } else {
                await see(recording.call)
            }
        }
    }

    private func see(_ call: ChannelID) async {
        await turns.take(call) {
            do {
                try await look.look(at: call)
            } catch {
                ports.logger.warning("recording not looked at", metadata: ["call": "\(call)", "error": "\(error)"])
            }
        }
    }
}
