import CallControl
import Core
import Directory
import Telephony

/// A look at Asterisk after a gap in the events: what it shows as the events that were missed.
///
/// Events that came after the snapshot may have been handled already, so each difference is verified by a request
/// before it counts.
struct ApplicationLook {
    let application: LiveApplication
    let snapshot: AsteriskSnapshot
    /// Nodes and snoops that a process which has ended was making, or taking away.
    let orphans: Set<LiveApplication.Item>
    let work: ApplicationWork
    /// What must be done then.
    var effects: [LiveApplication.Effect] = []

    private var asterisk: any ApplicationTelephony { work.ports.asterisk }

    init(
        application: LiveApplication,
        snapshot: AsteriskSnapshot,
        orphans: Set<LiveApplication.Item>,
        work: ApplicationWork
    ) {
        self.application = application
        self.snapshot = snapshot
        self.orphans = orphans
        self.work = work
    }

    /// The events of calls, playbacks and bridges.
    /// - Throws: `TelephonyFailure` while Asterisk cannot be asked.
    mutating func inputs() async throws -> [ApplicationLoop.Input] {
        try await calls() + (try await places()) + (try await nodes()) + (try await playbacks())
    }

    private func isInside(_ channel: Channel) -> Bool {
        channel.stasis?.application == StasisArguments.application(application.id)
    }

    /// Calls that have ended, and such as have come.
    private func calls() async throws -> [ApplicationLoop.Input] {
        var inputs: [ApplicationLoop.Input] = []
        for call in application.calls.values {
            if let shown = snapshot.channels[call.id], call.phase == .placed || isInside(shown) { continue }
            let now = try await asterisk.channel(call.id)
            if let now, call.phase == .placed || isInside(now) { continue }
            inputs.append(.event(.ended(call.id)))
        }
        for shown in snapshot.channels.values where isInside(shown) {
            let arguments = StasisArguments(shown.stasis?.arguments ?? [])
            if application.calls[shown.id]?.phase == .inside { continue }
            if case .snoop(let id) = arguments, application.snoops[id]?.arrived.contains(shown.id) == true { continue }
            guard let now = try await asterisk.channel(shown.id), isInside(now) else { continue }
            inputs.append(.arrival(Arrival(channel: now, arguments: arguments, replaced: nil)))
        }
        return inputs
    }

    /// Calls that have changed their bridge.
    private func places() async throws -> [ApplicationLoop.Input] {
        var inputs: [ApplicationLoop.Input] = []
        var shown: [ChannelID: BridgeID] = [:]
        for bridge in snapshot.bridges.values {
            for channel in bridge.channels { shown[channel] = bridge.id }
        }
        for channel in snapshot.channels.values where isInside(channel) {
            let old = application.calls[channel.id]?.bridge
            let new = shown[channel.id]
            guard old != new else { continue }
            if let old, try await asterisk.bridge(old)?.channels.contains(channel.id) != true {
                let empty = Bridge(id: old, kind: nil, channels: try await asterisk.bridge(old)?.channels ?? [])
                inputs.append(.event(.left(channel, empty)))
            }
            if let new, let now = try await asterisk.bridge(new), now.channels.contains(channel.id) {
                inputs.append(.event(.entered(channel, now)))
            }
        }
        return inputs
    }

    /// Nodes that are gone or were not known.
    private mutating func nodes() async throws -> [ApplicationLoop.Input] {
        var inputs: [ApplicationLoop.Input] = []
        for node in application.nodes.values {
            let isOrphan = orphans.contains(.node(node.id))
            if node.phase == .planned, !isOrphan { continue }
            if try await asterisk.bridge(node.id) == nil {
                inputs.append(.event(.nodeGone(node.id)))
            } else if isOrphan {
                inputs.append(.event(.nodeMade(node.id)))
            }
        }
        for bridge in snapshot.bridges.values where bridge.name == application.id {
            guard application.nodes[bridge.id] == nil, var now = try await asterisk.bridge(bridge.id) else { continue }
            // Internal channels are in no list of channels.
            now.channels.removeAll { snapshot.channels[$0] == nil }
            inputs.append(.event(.nodeFound(now)))
        }
        for snoop in application.snoops.values {
            if snoop.phase == .planned, !orphans.contains(.snoop(snoop.id)) { continue }
            if snoop.phase == .open, try await isWhole(snoop) { continue }
            // One that was never made known ends without a word.
            if snoop.phase == .open { inputs.append(.event(.snoopEnding(snoop.id))) }
            effects.append(.endSnoop(snoop))
        }
        // Bridges of snoops that no row knows.
        for bridge in snapshot.bridges.values where bridge.name == StasisArguments.snoopBridge(application.id) {
            if application.snoops[bridge.id.rawValue] == nil { try await asterisk.destroyBridge(bridge.id) }
        }
        return inputs
    }

    private func isWhole(_ snoop: ApplicationSnoop) async throws -> Bool {
        guard let bridge = try await asterisk.bridge(snoop.bridge) else { return false }
        return bridge.channels.contains(snoop.channel) && bridge.channels.contains(snoop.snooping)
    }

    private func playbacks() async throws -> [ApplicationLoop.Input] {
        var inputs: [ApplicationLoop.Input] = []
        for playback in application.playbacks.values {
            let id = PlaybackID(playback.id)
            if try await asterisk.playback(id) != nil { continue }
            let ended = Playback(id: id, media: playback.uri, target: nil, state: "done")
            inputs.append(.event(playback.isTold ? .playbackFinished(ended) : .playbackNotStarted(playback.id)))
        }
        return inputs
    }

    /// After the events: the destination node is as configured, and the Stasis application hears of every node.
    /// - Throws: `TelephonyFailure`.
    mutating func settle(_ now: LiveApplication) async throws {
        let nodes = now.nodes.values.filter { $0.phase == .open }.map(\.id)
        try await work.subscribe(to: nodes, of: now.id)
        let isThere = now.nodes[now.destinationNode] != nil
        if let node = now.record.node, !isThere { effects.append(.makeDestinationNode(type: node.type)) }
        if now.record.node == nil, isThere { effects.append(.removeDestinationNode) }
    }
}
