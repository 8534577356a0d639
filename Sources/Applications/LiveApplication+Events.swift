import Core
import Directory
import Telephony

extension LiveApplication {
    /// What can happen to an application, from Asterisk, from clients, or from ourselves.
    enum Event: Hashable, Sendable {
        // Asterisk tells.
        case started(Channel, StasisArguments, variables: [String: String], replaced: ChannelID?)
        case ended(ChannelID)
        case seen(Channel)
        case stateChanged(Channel)
        case variableSet(Channel, name: String, value: String)
        case musicChanged(Channel)
        case digit(Channel, String)
        case entered(Channel, Bridge)
        case left(Channel, Bridge)
        case bridgeGone(BridgeID)
        case playbackStarted(Playback)
        case playbackFinished(Playback)
        // What commands have done, or are about to do.
        case callPlaced(ApplicationCall)
        case callShown(Channel)
        case callNotPlaced(ChannelID)
        /// - Parameter isTold: Clients are told of it also when it changes nothing (contract 11 §3.6).
        case callChanged(ChannelID, CallChange, isTold: Bool = false)
        case nodePlanned(BridgeID)
        case nodeMade(BridgeID)
        case nodeFound(Bridge)
        case nodeGone(BridgeID)
        case snoopPlanned(ApplicationSnoop)
        case snoopMade(String)
        case snoopReplaced(String, by: ChannelID, WhisperMode)
        case snoopEnding(String)
        case snoopGone(String)
        case playbackPlanned(ApplicationPlayback)
        case playbackNotStarted(String)
        // The directory tells.
        case configured(ApplicationRecord)
    }

    /// What a command has done to a call.
    enum CallChange: Hashable, Sendable {
        case held(Bool)
        case muted(Bool)
        case music(String?)
        case progress(Bool)
        case answered
    }

    /// What an event leads to.
    mutating func handle(_ event: Event) -> Outcome {
        var outcome = Outcome()
        switch event {
        case .started, .ended, .seen, .stateChanged, .variableSet, .musicChanged, .digit:
            handleChannel(event, &outcome)
        case .entered(let channel, let bridge): enter(channel, bridge, &outcome)
        case .left(let channel, let bridge): leave(channel.id, bridge.id, seen: channel, bridge.channels, &outcome)
        case .bridgeGone(let id), .nodeGone(let id): close(id, &outcome)
        case .playbackStarted(let playback): begin(playback, &outcome)
        case .playbackFinished(let playback): finish(playback.id.rawValue, state: playback.state, &outcome)
        case .configured(let record): configure(record, &outcome)
        default: handleCommand(event, &outcome)
        }
        return outcome
    }

    private mutating func handleChannel(_ event: Event, _ outcome: inout Outcome) {
        switch event {
        case .started(let channel, let arguments, let variables, let replaced):
            start(channel, arguments, variables, replaced: replaced, &outcome)
        case .ended(let id): end(id, &outcome)
        case .seen(let channel): calls[channel.id]?.refresh(channel)
        case .stateChanged(let channel):
            calls[channel.id]?.refresh(channel)
            guard let call = calls[channel.id], call.phase == .inside, call.state == "Up" else { return }
            outcome.notices.append(.callAnswered(picture(call)))
        case .variableSet(let channel, let name, let value): set(name, to: value, of: channel, &outcome)
        case .musicChanged(let channel): update(channel.id, &outcome) { $0.refresh(channel) }
        case .digit(let channel, let digit):
            guard let call = calls[channel.id] else { return }
            outcome.notices.append(.digit(call.id, conversation: call.conversation, digit: digit))
        default: break
        }
    }

    // MARK: Calls

    private mutating func start(
        _ channel: Channel,
        _ arguments: StasisArguments,
        _ variables: [String: String],
        replaced: ChannelID?,
        _ outcome: inout Outcome
    ) {
        if case .snoop(let id) = arguments { return arrive(channel.id, for: id, &outcome) }
        let known = calls[channel.id]
        guard known?.phase != .inside else { return }
        var call = ApplicationCall(channel, phase: .inside, all: variables)
        call.revision = known?.revision ?? 0
        call.bridge = known?.bridge
        if let known { call.variables.merge(known.variables) { now, _ in now } }
        outcome.touched.insert(.call(call.id))
        switch arguments {
        case .incoming:
            calls[call.id] = call
            outcome.notices.append(.callEntered(picture(call)))
            if let node = record.node {
                outcome.effects.append(.receive(call.id, answers: node.answers, music: node.musicOnHold))
            }
        case .originated(let node):
            call.state = "Up"
            calls[call.id] = call
            outcome.notices.append(.callInitiated(picture(call)))
            outcome.effects.append(.welcome(call.id, node: node))
        // One that takes another's place comes without arguments (contract 44 §13 a).
        case .outgoing where replaced != nil:
            calls[call.id] = call
            outcome.notices.append(.callEntered(picture(call)))
        case .outgoing:
            call.isCaller = true
            calls[call.id] = call
            outcome.notices.append(.userOutgoingCallCreated(picture(call)))
            outcome.effects.append(.markOutgoing(call.id))
        case .other, .snoop: calls[call.id] = call
        }
    }

    private mutating func end(_ id: ChannelID, _ outcome: inout Outcome) {
        guard let call = calls[id] else {
            if let snoop = snoop(through: id) { lose(id, of: snoop, &outcome) }
            return
        }
        if let bridge = call.bridge { leave(id, bridge, seen: nil, nil, &outcome) }
        for playback in playbacks.values where playback.call == id { finish(playback.id, state: "done", &outcome) }
        guard let last = calls.removeValue(forKey: id) else { return }
        outcome.touched.insert(.call(id))
        if last.phase == .inside { outcome.notices.append(.callDeleted(picture(last))) }
        for snoop in snoops.values where snoop.snooped == id || snoop.snooping == id { drop(snoop, &outcome) }
    }

    private mutating func set(_ name: String, to value: String, of channel: Channel, _ outcome: inout Outcome) {
        guard let before = calls[channel.id], before.phase == .inside else { return }
        if name == ApplicationCall.Variable.progress { return setProgress(value == "1", of: channel.id, &outcome) }
        let isOwn = name.begins(with: ApplicationCall.Variable.ownPrefix)
        update(channel.id, &outcome) { $0.set(name, to: value) }
        if isOwn { outcome.touched.insert(.call(channel.id)) }
    }

    private mutating func setProgress(_ isOn: Bool, of id: ChannelID, _ outcome: inout Outcome) {
        guard var call = calls[id], call.hasProgress != isOn else { return }
        call.hasProgress = isOn
        calls[id] = call
        outcome.touched.insert(.call(id))
        outcome.notices.append(isOn ? .progressStarted(picture(call)) : .progressStopped(picture(call)))
    }

    /// Changes a call, and tells of it when clients see it otherwise than before.
    private mutating func update(_ id: ChannelID, _ outcome: inout Outcome, _ change: (inout ApplicationCall) -> Void) {
        guard let before = calls[id] else { return }
        var call = before
        change(&call)
        calls[id] = call
        // Neither caller id nor state is told by this event; their own events tell.
        let isNews =
            call.isOnHold != before.isOnHold || call.isMuted != before.isMuted || call.music != before.music
            || call.isCaller != before.isCaller
        guard isNews, call.phase == .inside else { return }
        outcome.touched.insert(.call(id))
        outcome.notices.append(.callUpdated(picture(call)))
    }

    // MARK: Bridges

    private mutating func enter(_ channel: Channel, _ bridge: Bridge, _ outcome: inout Outcome) {
        let before = calls[channel.id]
        if before == nil, snoop(through: channel.id) != nil { return }
        if let old = before?.bridge, old != bridge.id { leave(channel.id, old, seen: nil, nil, &outcome) }
        let isKnown = nodes[bridge.id]?.members.contains(channel.id) ?? true
        if isKnown, before == nil || before?.bridge == bridge.id { return }
        if nodes[bridge.id] == nil, bridge.name == id, !snoops.keys.contains(bridge.id.rawValue) {
            nodes[bridge.id] = ApplicationNode(bridge.id, phase: .open)
        }
        if var node = nodes[bridge.id] {
            node.members = withoutStrangers(bridge.channels, in: node, or: channel.id)
            if !node.members.contains(channel.id) { node.members.append(channel.id) }
            nodes[bridge.id] = node
            outcome.touched.insert(.node(node.id))
            outcome.notices.append(.nodeUpdated(node))
        }
        guard var call = before else { return }
        call.refresh(channel)
        call.bridge = bridge.id
        calls[call.id] = call
        outcome.touched.insert(.call(call.id))
        if call.phase == .inside { outcome.notices.append(.callUpdated(picture(call))) }
    }

    /// Members that a bridge shows, without strangers: while music begins in a bridge, Asterisk shows the internal
    /// channel that plays it there, and tells neither of its coming nor of its going.
    private func withoutStrangers(
        _ shown: [ChannelID],
        in node: ApplicationNode,
        or new: ChannelID? = nil
    ) -> [ChannelID] {
        shown.filter { $0 == new || node.members.contains($0) || calls[$0] != nil }
    }

    /// - Parameter members: Who is left, as the event shows; `nil`: all others.
    private mutating func leave(
        _ channel: ChannelID,
        _ bridge: BridgeID,
        seen: Channel?,
        _ members: [ChannelID]?,
        _ outcome: inout Outcome
    ) {
        if var node = nodes[bridge], node.members.contains(channel) {
            node.members = withoutStrangers(members ?? node.members, in: node).filter { $0 != channel }
            nodes[bridge] = node
            outcome.touched.insert(.node(bridge))
            outcome.notices.append(.nodeUpdated(node))
        }
        guard var call = calls[channel], call.bridge == bridge else { return }
        if let seen { call.refresh(seen) }
        call.bridge = nil
        calls[channel] = call
        outcome.touched.insert(.call(channel))
        // Who snoops and leaves has ended the snoop (contract 11 §6 row 5).
        if let snoop = snoops[bridge.rawValue], snoop.snooping == channel { drop(snoop, &outcome) }
        if call.phase == .inside { outcome.notices.append(.callUpdated(picture(call))) }
    }

    private mutating func close(_ bridge: BridgeID, _ outcome: inout Outcome) {
        let members = Set(calls.values.filter { $0.bridge == bridge }.map(\.id)).union(nodes[bridge]?.members ?? [])
        for id in members.sorted(by: { $0.rawValue < $1.rawValue }) where calls[id] != nil {
            leave(id, bridge, seen: nil, nil, &outcome)
        }
        if let snoop = snoops[bridge.rawValue] { drop(snoop, &outcome) }
        guard let node = nodes.removeValue(forKey: bridge) else { return }
        outcome.touched.insert(.node(bridge))
        if node.phase == .open {
            outcome.notices.append(.nodeDeleted(ApplicationNode(bridge, phase: .open, members: [])))
        }
    }

    // MARK: Snoops

    private mutating func arrive(_ channel: ChannelID, for id: String, _ outcome: inout Outcome) {
        guard calls[channel] == nil else { return }
        guard var snoop = snoops[id], snoop.phase != .ending else { return outcome.effects.append(.hangUp(channel)) }
        guard !snoop.arrived.contains(channel) else { return }
        snoop.arrived.insert(channel)
        snoops[id] = snoop
        outcome.touched.insert(.snoop(id))
    }

    /// A channel of a snoop is gone.
    private mutating func lose(_ channel: ChannelID, of snoop: ApplicationSnoop, _ outcome: inout Outcome) {
        snoops[snoop.id]?.arrived.remove(channel)
        outcome.touched.insert(.snoop(snoop.id))
        if snoop.channel == channel, snoop.phase == .open { drop(snoop, &outcome) }
    }

    /// Ends a snoop; one that is being made ends by who makes it.
    mutating func drop(_ snoop: ApplicationSnoop, _ outcome: inout Outcome) {
        guard snoops[snoop.id]?.phase == .open else { return }
        snoops[snoop.id]?.phase = .ending
        outcome.touched.insert(.snoop(snoop.id))
        if let ending = snoops[snoop.id] { outcome.effects.append(.endSnoop(ending)) }
    }

    // MARK: Playbacks

    private mutating func begin(_ playback: Playback, _ outcome: inout Outcome) {
        guard case .channel(let channel)? = playback.target else { return }
        var known =
            playbacks[playback.id.rawValue]
            ?? ApplicationPlayback(
                id: playback.id.rawValue,
                call: channel,
                uri: playback.media,
                language: playback.language
            )
        guard !known.isTold, calls[channel] != nil else { return }
        known.isTold = true
        known.language = playback.language
        playbacks[known.id] = known
        outcome.touched.insert(.playback(known.id))
        let conversation = calls[channel]?.conversation
        outcome.notices.append(.playbackCreated(known, conversation: conversation, state: playback.state))
    }

    mutating func finish(_ id: String, state: String, _ outcome: inout Outcome) {
        guard let playback = playbacks.removeValue(forKey: id) else { return }
        outcome.touched.insert(.playback(id))
        let conversation = calls[playback.call]?.conversation
        // One that ends before it began was told of by nobody; clients hear of both all the same.
        if !playback.isTold {
            outcome.notices.append(.playbackCreated(playback, conversation: conversation, state: "playing"))
        }
        outcome.notices.append(.playbackDeleted(playback, conversation: conversation, state: state))
    }
}
