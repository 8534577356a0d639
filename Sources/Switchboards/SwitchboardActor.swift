import API
import CallControl
import Core
import Foundation
import Logging
import Persistence
import Telephony

/// One switchboard: it is the lock of its queue.
///
/// Everything that happens to its calls goes through one bounded mailbox and is taken in ``run()``: machine -> stored
/// change with its events -> effects, whose outcomes are fed back before the next input of the same call. Effects of
/// different calls run side by side (`SwitchboardActor+Lanes`), and different switchboards never wait for each other.
actor SwitchboardActor {
    /// What reaches a switchboard.
    enum Input: Sendable {
        /// A caller entered Stasis, at this time.
        case arrived(Channel)
        /// An operator's leg for a call entered Stasis, that is, he answered.
        case operatorArrived(Channel, call: ChannelID)
        /// A channel is gone, or left Stasis.
        case channelGone(ChannelID)
        /// A channel's caller id changed.
        case callerIDChanged(Channel)
        /// An operator takes a call.
        case answer(AnswerRequest)
        /// An operator puts a call into the waiting room.
        case hold(HoldRequest)
        /// Another switchboard's waiting room takes a call; the closure is called when it is ours no more.
        case giveAway(ChannelID, @Sendable () -> Void)
        /// A channel took the place of a caller, or of an operator's leg.
        case replaced(ChannelID, by: Channel)
        /// A call's no-answer deadline passed.
        case deadlinePassed(ChannelID)
        /// An effect failed for want of Asterisk: look at the call again.
        case revisit(ChannelID)
        /// Calls of stored rows, at start.
        case restored([WaitingCall])
        /// Bring the calls and Asterisk together.
        case recover(AsteriskSnapshot)
        /// Publish the lists.
        case announce
        /// The switchboard's configuration changed.
        case configurationChanged
        /// Tell that everything before was handled.
        case barrier(@Sendable () -> Void)
    }

    nonisolated let id: SwitchboardID
    nonisolated let mailbox = Mailbox<Input>(capacity: 1_024)
    let ports: SwitchboardPorts
    let index: ChannelIndex
    let logger: Logger
    var calls: [ChannelID: WaitingCall] = [:] {
        didSet { lists = [:] }
    }
    /// The lists as clients get them, until a call changes.
    private var lists: [WaitingCall.Room: APIResponse] = [:]
    /// Rooms whose bridge is known to exist.
    var preparedRooms: Set<WaitingCall.Room> = []
    /// Music classes that we started, by room.
    var music: [WaitingCall.Room: String?] = [:]
    /// Callers for whom the room is prepared and who are on their way into it.
    var entrants: Set<ChannelID> = []
    private var deadlines: [ChannelID: Task<Void, Never>] = [:]
    /// Why Asterisk refused the request in hand, by call.
    var callFailures: [ChannelID: Failure] = [:]
    /// Inputs of calls.
    var lanes = Lanes<ChannelID, Input>()
    /// The loop, while it waits for lanes.
    var waiter: Waiter?
    /// Changes are stored, and rooms prepared, one after the other.
    let turns = Turns<Turn>()
    nonisolated let writer: StateWriter

    init(_ id: SwitchboardID, ports: SwitchboardPorts, index: ChannelIndex) {
        self.id = id
        self.ports = ports
        self.index = index
        var logger = ports.logger
        logger[metadataKey: "switchboard"] = "\(id.id)"
        logger[metadataKey: "tenant"] = "\(id.tenant)"
        self.logger = logger
        writer = StateWriter(store: ports.store, logger: logger)
    }

    /// The answer that lists the calls of a room, oldest first.
    func answer(listing room: WaitingCall.Room) -> APIResponse {
        if let kept = lists[room] { return kept }
        let answer = APIResponse.items(Self.list(room, of: calls).map(\.item))
        lists[room] = answer
        return answer
    }

    /// The listed calls of a room, oldest first.
    static func list(_ room: WaitingCall.Room, of calls: [ChannelID: WaitingCall]) -> [WaitingCall] {
        calls.values.filter { $0.room == room && $0.phase.isListed }.sorted(by: WaitingCall.precedes)
    }

    /// Whether an operator can take the call out of this room now.
    func isWaiting(_ call: ChannelID, in room: WaitingCall.Room) -> Bool {
        calls[call].map { $0.room == room && $0.phase == .waiting } ?? false
    }

    /// Whether the call is in the waiting room, or on its way into or out of it.
    func isHeld(_ call: ChannelID) -> Bool { calls[call]?.room == .waitingRoom }

    /// What only one call at a time does.
    enum Turn: Hashable {
        case storing
        case preparing(WaitingCall.Room)
    }

    func take(_ input: Input) async {
        switch input {
        case .arrived(let channel): await arrive(channel)
        case .operatorArrived(let channel, let call): await operatorArrived(channel, call: call)
        case .channelGone(let channel): await channelGone(channel)
        case .callerIDChanged(let channel):
            calls[channel.id]?.callerName = channel.callerName
            calls[channel.id]?.callerNumber = channel.callerNumber
        case .answer(let request): await answer(request)
        case .hold(let request): await hold(request)
        case .giveAway(let call, let tell):
            await feed(.takenAway, to: call)
            tell()
        case .replaced(let old, let channel): await replace(old, by: channel)
        case .deadlinePassed(let call): await feed(.deadlinePassed, to: call)
        case .revisit(let call): await revisit(call)
        case .restored(let stored): restore(stored)
        case .recover(let snapshot): await recover(from: snapshot)
        case .barrier(let tell): tell()
        case .announce:
            for room in WaitingCall.Room.allCases {
                await turns.take(.storing) {
                    _ = await writer.storeUntilDone(change(notices: [.listChanged], of: room, calls: calls))
                }
            }
        case .configurationChanged: await refreshConfiguration()
        }
    }

    /// Gives an event to a call's machine, stores what follows from it, performs the effects and goes on
    /// with their outcomes.
    func feed(_ first: WaitingCall.Event, to id: ChannelID) async {
        var events = [first]
        while !events.isEmpty {
            let event = events.removeFirst()
            guard let call = calls[id], let transition = call.handle(event) else {
                logger.debug("\(event.name): nothing to do", metadata: ["call": "\(id)"])
                continue
            }
            guard await store(transition, of: call, cause: event) else { return }
            for effect in transition.effects {
                if let outcome = await perform(effect, of: id) { events.append(outcome) }
            }
        }
    }

    /// A caller from the dialplan (contract 20 §5.1). Duplicates are harmless: StasisStart and recovery
    /// may both tell of him.
    func arrive(_ channel: Channel) async {
        guard calls[channel.id] == nil else { return }
        let enteredAt = ports.clock.now
        let deadline: Date?
        do {
            deadline = try await noAnswerDelay(of: channel).map { enteredAt.addingTimeInterval(Double($0)) }
        } catch TelephonyFailure.notFound {
            logger.info("caller hung up on arrival", metadata: ["call": "\(channel.id)"])
            return index.forget(channel.id)
        } catch {
            logger.error("arrival delayed", metadata: ["call": "\(channel.id)", "error": "\(error)"])
            return later(.arrived(channel))
        }
        let call = WaitingCall(
            id: channel.id,
            switchboard: id.id,
            tenant: id.tenant,
            callerName: channel.callerName,
            callerNumber: channel.callerNumber,
            enteredAt: enteredAt,
            deadline: deadline
        )
        guard await store(WaitingCall.Transition(phase: .entering), of: call, cause: nil) else {
            // What cannot be stored cannot be queued; the dialplan goes on (contract 20 §3).
            if !Task.isCancelled { _ = await sendOn(call, to: .nextPriority) }
            return index.forget(call.id)
        }
        if let outcome = await perform(.enterRoom, of: call.id) { await feed(outcome, to: call.id) }
    }

    /// Contract 20 §5.4.
    private func hold(_ request: HoldRequest) async {
        let channel = request.channel
        guard ContinuousClock.now < request.expiry else { return }
        if calls[channel.id]?.room == .queue { await feed(.takenAway, to: channel.id) }
        guard calls[channel.id] == nil else {
            return request.reply.resolve(.failure(Failure.noSuchCall(channel.id)))
        }
        let call = WaitingCall(
            id: channel.id,
            room: .waitingRoom,
            switchboard: id.id,
            tenant: id.tenant,
            callerName: channel.callerName,
            callerNumber: channel.callerNumber,
            enteredAt: ports.clock.now,
            deadline: nil
        )
        // Events that come from now on are ours; he is known once he is stored.
        index.assign(channel.id, to: self)
        guard await storeOnce(WaitingCall.Transition(phase: .entering), of: call, cause: nil, until: request.expiry)
        else {
            index.forget(channel.id)
            request.reply.resolve(.failure(Failure.databaseUnreachable))
            await writer.storeUntilDone(StateChange(writes: [.remove(kind: call.rowKind, id: call.id.rawValue)]))
            return
        }
        callFailures[call.id] = nil
        let outcome = await perform(.enterRoom, of: call.id)
        if let outcome { await feed(outcome, to: call.id) }
        var failure = callFailures.removeValue(forKey: call.id)
        if outcome == .callerGone, await isGone(call.id) { failure = .noSuchCall(call.id) }
        request.reply.resolve(failure.map { .failure($0) } ?? .success(()))
    }

    /// Contract 20 §5.6: a channel took another's place, as attended transfers inside Asterisk do. The stay goes on as
    /// the new channel's, at the same place and with the same deadline.
    private func replace(_ old: ChannelID, by channel: Channel) async {
        if let call = callOfOperator(old) {
            // The operator handed his ringing or just answered leg on: what was called is gone.
            index.forget(old)
            return await feed(.operatorGone, to: call)
        }
        guard let call = calls[old], !isEnded(call) else { return }
        let heir = WaitingCall(
            id: channel.id,
            room: call.room,
            switchboard: call.switchboard,
            tenant: call.tenant,
            callerName: channel.callerName,
            callerNumber: channel.callerNumber,
            enteredAt: call.enteredAt,
            deadline: call.deadline,
            phase: call.phase
        )
        await feed(.replaced, to: old)
        index.assign(heir.id, to: self)
        if let taker = heir.phase.operator { index.assign(taker.channel, to: self) }
        let notices: [WaitingCall.Notice] = heir.phase.isListed ? [.listChanged] : []
        let inherited = WaitingCall.Transition(phase: heir.phase, notices: notices)
        guard await store(inherited, of: heir, cause: .replaced) else { return }
        await setVariables(of: heir)
        await revisit(heir.id)
    }

    private func isEnded(_ call: WaitingCall) -> Bool {
        if case .ended = call.phase { return true }
        return false
    }

    /// Seconds until the no-answer fallback; `nil` when there is none (contract 20 §3).
    private func noAnswerDelay(of channel: Channel) async throws -> Int? {
        async let timeout = ports.channels.variable("WAZO_SWITCHBOARD_TIMEOUT", of: channel)
        async let action = ports.channels.variable("WAZO_SWITCHBOARD_FALLBACK_NOANSWER_ACTION", of: channel)
        guard let text = try await timeout, try await action != nil else { return nil }
        guard let seconds = Int(text), seconds >= 0 else {
            logger.error("invalid no-answer timeout", metadata: ["call": "\(channel.id)", "timeout": "\(text)"])
            return nil
        }
        return seconds == 0 ? nil : seconds
    }

    /// His channel's arguments name the call that he was rung for; its caller may have been replaced since.
    private func operatorArrived(_ channel: Channel, call id: ChannelID) async {
        if let call = callOfOperator(channel.id) { return await feed(.operatorAnswered, to: call) }
        logger.info("operator answered a call that is gone", metadata: ["call": "\(id)", "channel": "\(channel.id)"])
        await hangUp(channel.id)
    }

    private func channelGone(_ channel: ChannelID) async {
        if calls[channel] != nil { return await feed(.callerGone, to: channel) }
        index.forget(channel)
        if let call = callOfOperator(channel) { await feed(.operatorGone, to: call) }
    }

    /// The request of an operator (contract 20 §5.3).
    private func answer(_ request: AnswerRequest) async {
        guard ContinuousClock.now < request.expiry else { return }
        let event = WaitingCall.Event.answerRequested(request.taker)
        guard let call = calls[request.call], call.room == request.room, let transition = call.handle(event) else {
            return request.reply.resolve(.failure(Failure.noSuchCall(request.call)))
        }
        guard await storeOnce(transition, of: call, cause: event, until: request.expiry) else {
            request.reply.resolve(.failure(Failure.databaseUnreachable))
            return await settle(call.id)
        }
        callFailures[call.id] = nil
        for effect in transition.effects {
            if let outcome = await perform(effect, of: call.id) { await feed(outcome, to: call.id) }
        }
        let failure = callFailures.removeValue(forKey: call.id)
        request.reply.resolve(failure.map { .failure($0) } ?? .success(request.taker.channel))
    }

    /// Watches a call's deadline: one sleeping task per waiting call that has one.
    func watchDeadline(of call: ChannelID) {
        deadlines.removeValue(forKey: call)?.cancel()
        guard let deadline = calls[call]?.deadline else { return }
        deadlines[call] = Task { [clock = ports.clock, mailbox] in
            do {
                try await clock.sleep(until: deadline)
            } catch {
                return
            }
            await mailbox.send(.deadlinePassed(call))
        }
    }

    /// Stops watching.
    func forgetDeadline(of call: ChannelID) { deadlines.removeValue(forKey: call)?.cancel() }

    /// Stops watching all.
    func stopWatching() { for deadline in deadlines.values { deadline.cancel() } }
}
