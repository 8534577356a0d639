import Core
import Directory
import Telephony

/// What clients' commands, and the directory, do to an application.
extension LiveApplication {
    mutating func handleCommand(_ event: Event, _ outcome: inout Outcome) {
        switch event {
        case .callPlaced(let call):
            guard calls[call.id] == nil else { return }
            calls[call.id] = call
            outcome.touched.insert(.call(call.id))
        case .callShown(let channel):
            if calls[channel.id]?.phase == .placed { calls[channel.id]?.refresh(channel) }
        case .callNotPlaced(let id):
            guard calls[id]?.phase == .placed else { return }
            calls[id] = nil
            outcome.touched.insert(.call(id))
        case .callChanged(let id, let change, let isTold): apply(change, to: id, isTold: isTold, &outcome)
        case .nodePlanned, .nodeMade, .nodeFound: handleNode(event, &outcome)
        case .snoopPlanned, .snoopMade, .snoopReplaced, .snoopEnding, .snoopGone: handleSnoop(event, &outcome)
        case .playbackPlanned(let playback):
            guard playbacks[playback.id] == nil else { return }
            playbacks[playback.id] = playback
            outcome.touched.insert(.playback(playback.id))
        case .playbackNotStarted(let id):
            guard playbacks[id]?.isTold == false else { return }
            playbacks[id] = nil
            outcome.touched.insert(.playback(id))
        default: break
        }
    }

    private mutating func apply(
        _ change: CallChange,
        to id: ChannelID,
        isTold: Bool,
        _ outcome: inout Outcome
    ) {
        guard let before = calls[id] else { return }
        var call = before
        var notice: Notice?
        switch change {
        case .held(let isHeld): call.isOnHold = isHeld
        case .muted(let isMuted): call.isMuted = isMuted
        case .music(let music): call.music = music
        // Asterisk tells of the answer itself; reads show it at once.
        case .answered: call.state = "Up"
        case .progress(let isOn):
            call.hasProgress = isOn
            if isOn != before.hasProgress || isTold {
                notice = isOn ? .progressStarted(picture(call)) : .progressStopped(picture(call))
            }
        }
        guard call != before || isTold else { return }
        calls[id] = call
        outcome.touched.insert(.call(id))
        if change == .answered || call.phase == .placed { return }
        outcome.notices.append(notice ?? .callUpdated(picture(call)))
    }

    private mutating func handleNode(_ event: Event, _ outcome: inout Outcome) {
        switch event {
        case .nodePlanned(let id):
            guard nodes[id] == nil else { return }
            nodes[id] = ApplicationNode(id, phase: .planned)
            outcome.touched.insert(.node(id))
        case .nodeMade(let id):
            guard nodes[id]?.phase == .planned else { return }
            nodes[id]?.phase = .open
            outcome.touched.insert(.node(id))
            let node = ApplicationNode(id, phase: .open)
            outcome.notices.append(id == destinationNode ? .destinationNodeCreated(node) : .nodeCreated(node))
        case .nodeFound(let bridge):
            guard nodes[bridge.id] == nil else { return }
            nodes[bridge.id] = ApplicationNode(bridge.id, phase: .open, members: bridge.channels)
            outcome.touched.insert(.node(bridge.id))
        default: break
        }
    }

    private mutating func handleSnoop(_ event: Event, _ outcome: inout Outcome) {
        switch event {
        case .snoopPlanned(let snoop):
            guard snoops[snoop.id] == nil else { return }
            snoops[snoop.id] = snoop
            outcome.touched.insert(.snoop(snoop.id))
        case .snoopMade(let id):
            guard var snoop = snoops[id], snoop.phase == .planned else { return }
            snoop.phase = .open
            snoops[id] = snoop
            outcome.touched.insert(.snoop(id))
            outcome.notices.append(.snoopCreated(snoop))
            // A party, or the channel, may have gone while it was being made.
            let isWhole = calls[snoop.snooped] != nil && calls[snoop.snooping] != nil
            if !isWhole || !snoop.arrived.contains(snoop.channel) { drop(snoop, &outcome) }
        case .snoopReplaced(let id, let channel, let mode):
            guard var snoop = snoops[id], snoop.phase == .open else { return outcome.effects.append(.hangUp(channel)) }
            snoop.channel = channel
            snoop.mode = mode
            snoops[id] = snoop
            outcome.touched.insert(.snoop(id))
            outcome.notices.append(.snoopUpdated(snoop))
            if !snoop.arrived.contains(channel) { drop(snoop, &outcome) }
        case .snoopEnding(let id):
            guard let phase = snoops[id]?.phase, phase != .ending else { return }
            snoops[id]?.phase = .ending
            outcome.touched.insert(.snoop(id))
        case .snoopGone(let id):
            guard let snoop = snoops.removeValue(forKey: id) else { return }
            outcome.touched.insert(.snoop(id))
            // One that was never made known ends without a word.
            if snoop.phase != .planned { outcome.notices.append(.snoopDeleted(id)) }
        default: break
        }
    }

    // MARK: Configuration

    /// A changed type of the destination node makes it anew; other options count for later calls
    /// (contract 11 §5, §6 row 9).
    mutating func configure(_ new: ApplicationRecord, _ outcome: inout Outcome) {
        let old = record
        record = new
        guard old.node?.type != new.node?.type else { return }
        if old.node != nil { outcome.effects.append(.removeDestinationNode) }
        if let node = new.node { outcome.effects.append(.makeDestinationNode(type: node.type)) }
    }
}
