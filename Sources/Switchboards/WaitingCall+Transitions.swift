import Telephony

extension WaitingCall {
    /// What happens to a waiting call, from outside or as the outcome of an effect.
    enum Event: Sendable, Hashable {
        /// The caller is in the room's bridge.
        case entered
        /// The caller cannot be put into the room, though he is still there.
        case entryRefused
        /// An operator takes the call.
        case answerRequested(Operator)
        /// His phone is being dialled.
        case operatorCalled
        /// His phone cannot be dialled.
        case operatorRefused
        /// He answered: his channel entered Stasis.
        case operatorAnswered
        /// His channel is gone: no answer, busy, declined, hung up.
        case operatorGone
        /// The two talk.
        case connected
        /// The two cannot be bridged, though both are there.
        case connectRefused
        /// The caller was sent on.
        case sentOn
        /// The no-answer deadline passed.
        case deadlinePassed
        /// The caller hung up, or left Stasis by somebody else's hand.
        case callerGone
        /// An operator puts the caller into another room.
        case takenAway
        /// Another channel takes the caller's place.
        case replaced
        /// The switchboard was deleted: no operator sees the caller any more.
        case switchboardGone
        /// After a gap in the events: both sides as Asterisk shows them.
        case recovered(Sighting)

        /// The event's name in history and log.
        var name: String {
            switch self {
            case .entered: "entered"
            case .entryRefused: "entry refused"
            case .answerRequested: "answer requested"
            case .operatorCalled: "operator called"
            case .operatorRefused: "operator refused"
            case .operatorAnswered: "operator answered"
            case .operatorGone: "operator gone"
            case .connected: "connected"
            case .connectRefused: "connect refused"
            case .sentOn: "sent on"
            case .deadlinePassed: "deadline passed"
            case .callerGone: "caller gone"
            case .takenAway: "taken away"
            case .replaced: "replaced"
            case .switchboardGone: "switchboard gone"
            case .recovered: "recovered"
            }
        }
    }

    /// A living caller's surroundings after a gap. (A caller who is not there is ``Event/callerGone``.)
    struct Sighting: Sendable, Hashable {
        /// What is seen of the operator's channel.
        enum Leg: Sendable, Hashable {
            case absent, ringing, answered
        }
        /// Whether the caller is in the room's bridge.
        var isInRoom: Bool
        /// The operator's channel of the call's phase.
        var leg: Leg
        /// Whether both are in the operator's bridge.
        var isConnected: Bool
    }

    /// What must be done, in order.
    enum Effect: Sendable, Hashable {
        /// Put the caller into the room's bridge; into the queue's he is answered.
        case enterRoom
        /// Dial the operator's phone.
        case callOperator(Operator)
        /// Hang the operator's phone up.
        case hangUpOperator(Operator)
        /// Put both into the operator's bridge.
        case connect(Operator)
        /// Leave the operator's bridge, in which the two talk, to the lone-channel clean-up.
        case releaseBridge(Operator)
        /// Destroy the operator's bridge.
        case discardBridge(Operator)
        /// Send the caller into the dialplan.
        case sendOn(Exit)
        /// Have the no-answer deadline watched, if the call has one.
        case watchDeadline
        /// Stop watching it.
        case forgetDeadline
    }

    /// What clients are told, together with the stored change.
    enum Notice: Sendable, Hashable {
        /// The room's list changed.
        case listChanged
        /// The operator and the caller talk.
        case answered(call: ChannelID, operator: ChannelID)
    }

    /// The outcome of an event.
    struct Transition: Sendable, Hashable {
        var phase: Phase
        var notices: [Notice] = []
        var effects: [Effect] = []
    }

    /// What an event leads to; `nil` when it changes nothing here. Asterisk and clients may send any event
    /// at any time: one that does not fit the phase is no fault.
    func handle(_ event: Event) -> Transition? {
        if case .ended = phase { return nil }
        switch event {
        case .callerGone: return over(.callerGone)
        case .takenAway: return over(.moved)
        case .replaced: return Transition(phase: .ended(.replaced), effects: [.forgetDeadline])
        case .recovered(let sighting): return recovered(sighting)
        case .switchboardGone: return abandoned()
        default: break
        }
        switch phase {
        case .entering: return entering(event)
        case .waiting: return waiting(event)
        case .calling(let taker): return calling(event, taker)
        case .ringing(let taker): return ringing(event, taker)
        case .connecting(let taker): return connecting(event, taker)
        case .leaving: return leaving(event)
        case .ended: return nil
        }
    }

    private func entering(_ event: Event) -> Transition? {
        switch event {
        case .entered:
            return Transition(phase: .waiting, notices: [.listChanged], effects: [.watchDeadline])
        case .entryRefused:
            // Who could not be held goes on talking; who could not be queued goes on in the dialplan.
            if room == .waitingRoom { return Transition(phase: .ended(.refused)) }
            return Transition(phase: .leaving(.nextPriority), effects: [.sendOn(.nextPriority)])
        default: return nil
        }
    }

    private func waiting(_ event: Event) -> Transition? {
        switch event {
        case .answerRequested(let taker):
            return Transition(phase: .calling(taker), effects: [.callOperator(taker)])
        case .deadlinePassed:
            return Transition(
                phase: .leaving(.noAnswer),
                notices: [.listChanged],
                effects: [.sendOn(.noAnswer)]
            )
        case .entryRefused:
            return Transition(
                phase: .leaving(.nextPriority),
                notices: [.listChanged],
                effects: [.forgetDeadline, .sendOn(.nextPriority)]
            )
        default: return nil
        }
    }

    private func calling(_ event: Event, _ taker: Operator) -> Transition? {
        switch event {
        case .operatorCalled: return Transition(phase: .ringing(taker), notices: [.listChanged])
        // The list never changed, so nobody is told; a deadline that passed meanwhile fires at once.
        case .operatorRefused: return Transition(phase: .waiting, effects: [.hangUpOperator(taker), .watchDeadline])
        case .operatorGone: return Transition(phase: .waiting, effects: [.watchDeadline])
        case .operatorAnswered:
            return Transition(
                phase: .connecting(taker),
                notices: [.listChanged],
                effects: [.forgetDeadline, .connect(taker)]
            )
        default: return nil
        }
    }

    private func ringing(_ event: Event, _ taker: Operator) -> Transition? {
        switch event {
        case .operatorAnswered:
            return Transition(phase: .connecting(taker), effects: [.forgetDeadline, .connect(taker)])
        case .operatorGone, .operatorRefused:
            // Back at the same place: the order is that of entry, and the music never stopped.
            return Transition(phase: .waiting, notices: [.listChanged], effects: [.watchDeadline])
        default: return nil
        }
    }

    private func connecting(_ event: Event, _ taker: Operator) -> Transition? {
        switch event {
        case .connected:
            return Transition(
                phase: .ended(.connected),
                notices: [.answered(call: id, operator: taker.channel)],
                effects: [.releaseBridge(taker)]
            )
        case .operatorGone:
            return Transition(
                phase: .waiting,
                notices: [.listChanged],
                effects: [.enterRoom, .discardBridge(taker), .watchDeadline]
            )
        case .connectRefused:
            return Transition(
                phase: .waiting,
                notices: [.listChanged],
                effects: [.hangUpOperator(taker), .enterRoom, .discardBridge(taker), .watchDeadline]
            )
        default: return nil
        }
    }

    /// The dialplan's fallback serves who would wait unseen; a caller who is just being connected talks anyway.
    private func abandoned() -> Transition? {
        switch phase {
        case .entering: return Transition(phase: .leaving(.noAnswer), effects: [.sendOn(.noAnswer)])
        case .waiting, .calling, .ringing:
            var transition = Transition(phase: .leaving(.noAnswer), effects: [.forgetDeadline])
            if phase.isListed { transition.notices = [.listChanged] }
            if let taker = phase.operator { transition.effects.append(.hangUpOperator(taker)) }
            transition.effects.append(.sendOn(.noAnswer))
            return transition
        case .connecting, .leaving, .ended: return nil
        }
    }

    private func leaving(_ event: Event) -> Transition? {
        guard case .sentOn = event else { return nil }
        return Transition(phase: .ended(.sentOn))
    }

    private func over(_ end: End) -> Transition {
        var transition = Transition(phase: .ended(end), effects: [.forgetDeadline])
        if phase.isListed { transition.notices = [.listChanged] }
        if let taker = phase.operator { transition.effects.append(.hangUpOperator(taker)) }
        if case .connecting(let taker) = phase { transition.effects.append(.discardBridge(taker)) }
        return transition
    }

    /// Does again what may not have been done, and takes note of what was missed. Every effect can be
    /// repeated without harm.
    private func recovered(_ sighting: Sighting) -> Transition? {
        switch phase {
        case .entering: return Transition(phase: phase, effects: [.enterRoom])
        case .waiting:
            let missing: [Effect] = sighting.isInRoom ? [] : [.enterRoom]
            return Transition(phase: phase, effects: missing + [.watchDeadline])
        case .calling(let taker):
            switch sighting.leg {
            case .absent: return calling(.operatorGone, taker)
            case .ringing: return calling(.operatorCalled, taker)
            case .answered: return calling(.operatorAnswered, taker)
            }
        case .ringing(let taker):
            switch sighting.leg {
            case .absent: return ringing(.operatorGone, taker)
            case .ringing: return nil
            case .answered: return ringing(.operatorAnswered, taker)
            }
        case .connecting(let taker):
            if sighting.isConnected { return connecting(.connected, taker) }
            if sighting.leg == .absent { return connecting(.operatorGone, taker) }
            return Transition(phase: phase, effects: [.connect(taker)])
        case .leaving(let exit): return Transition(phase: phase, effects: [.sendOn(exit)])
        case .ended: return nil
        }
    }
}
