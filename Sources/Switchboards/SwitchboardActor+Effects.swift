import CallControl
import Core
import Directory
import Logging
import Telephony

/// The effects of a call's machine, each of which can be repeated without harm. The outcome is the next
/// event; `nil` means that there is none, or that Asterisk could not be asked, and then the call is
/// looked at again a little later.
extension SwitchboardActor {
    func perform(_ effect: WaitingCall.Effect, of id: ChannelID) async -> WaitingCall.Event? {
        switch effect {
        // What makes sense for a call whose stay is over, too.
        case .forgetDeadline: forgetDeadline(of: id)
        case .hangUpOperator(let taker): await hangUp(taker.channel)
        case .releaseBridge(let taker): await ports.cleanup.release(taker.bridge)
        case .discardBridge(let taker): await discard(taker.bridge)
        case .watchDeadline: watchDeadline(of: id)
        case .enterRoom, .callOperator, .connect, .sendOn:
            guard let call = calls[id] else { return nil }
            return await perform(effect, for: call)
        }
        return nil
    }

    private func perform(_ effect: WaitingCall.Effect, for call: WaitingCall) async -> WaitingCall.Event? {
        switch effect {
        case .enterRoom: await enterRoom(call)
        case .callOperator(let taker): await callOperator(taker, for: call)
        case .connect(let taker): await connect(call, with: taker)
        case .sendOn(let exit): await sendOn(call, to: exit)
        case .forgetDeadline, .hangUpOperator, .releaseBridge, .discardBridge, .watchDeadline: nil
        }
    }

    /// Contract 20 §5.1, steps 1 to 3, and §5.4.
    private func enterRoom(_ call: WaitingCall) async -> WaitingCall.Event? {
        do {
            guard try await prepareBridge(for: call) else {
                logger.error("unknown switchboard", metadata: ["call": "\(call.id)"])
                return .entryRefused
            }
            switch call.room {
            case .queue: try await enterQueue(call.id)
            case .waitingRoom: try await enterWaitingRoom(call.id)
            }
            return .entered
        } catch {
            preparedRooms.remove(call.room)
            callFailures[call.id] =
                (error as? TelephonyFailure).map(ports.failures.failure(for:)) ?? .databaseUnreachable
            return await outcome(of: error, for: call, refused: .entryRefused, doing: "enter the \(call.room)")
        }
    }

    private func enterQueue(_ call: ChannelID) async throws {
        async let named: Void = nameSwitchboard(of: call, room: .queue)
        try await ports.channels.answer(call)
        try await named
        try await ports.bridges.add(call, to: id.bridge(of: .queue))
    }

    /// Whoever talked with the caller is left alone, and hung up.
    private func enterWaitingRoom(_ call: ChannelID) async throws {
        let left = try await ports.bridges.bridges().filter { $0.kind == .mixing && $0.channels.contains(call) }
        try await ports.bridges.add(call, to: id.bridge(of: .waitingRoom))
        try await nameSwitchboard(of: call, room: .waitingRoom)
        for bridge in left { await ports.cleanup.review(bridge.id) }
    }

    /// What the snapshots of a caller's channel tell of him.
    private func nameSwitchboard(of call: ChannelID, room: WaitingCall.Room) async throws {
        async let named: Void = ports.channels.setVariable(room.variable, to: id.id, of: call)
        try await ports.channels.setVariable("WAZO_TENANT_UUID", to: id.tenant.rawValue, of: call)
        try await named
    }

    /// The same, best effort.
    func setVariables(of call: WaitingCall) async {
        do {
            try await nameSwitchboard(of: call.id, room: call.room)
        } catch {
            logger.notice("variables not set", metadata: ["call": "\(call.id)", "error": "\(error)"])
        }
    }

    /// Creates the bridge if need be and starts its music when nobody is in it.
    /// - Returns: `false` when no such switchboard exists.
    private func prepareBridge(for call: WaitingCall) async throws -> Bool {
        let isReady =
            if isPrepared(call.room, for: call) {
                true
            } else {
                try await turns.take(.preparing(call.room)) {
                    // Somebody else may have done it while we waited.
                    if isPrepared(call.room, for: call) { return true }
                    return try await createBridge(for: call)
                }
            }
        if isReady { entrants.insert(call.id) }
        return isReady
    }

    /// Whether the bridge is there, and somebody in it or on his way.
    private func isPrepared(_ room: WaitingCall.Room, for call: WaitingCall) -> Bool {
        preparedRooms.contains(room) && !isEmpty(room, but: call.id)
    }

    private func isEmpty(_ room: WaitingCall.Room, but call: ChannelID) -> Bool {
        !calls.values.contains { $0.id != call && $0.room == room && ($0.phase.isInRoom || entrants.contains($0.id)) }
    }

    private func createBridge(for call: WaitingCall) async throws -> Bool {
        let isEmpty = isEmpty(call.room, but: call.id)
        var musicClass: String?
        do {
            guard let record = try await ports.switchboards.switchboard(id.id, tenant: id.tenant) else { return false }
            musicClass = record.music(of: call.room)
        } catch {
            // Better the default music than no queue (contract 20 §11.7).
            logger.warning("music class unknown", metadata: ["error": "\(error)"])
        }
        let bridge = id.bridge(of: call.room)
        try await ports.bridges.createBridge(bridge, kind: .holding)
        preparedRooms.insert(call.room)
        if isEmpty { try await startMusic(musicClass, in: call.room) }
        return true
    }

    private func startMusic(_ musicClass: String?, in room: WaitingCall.Room) async throws {
        try await ports.bridges.startMusic(in: id.bridge(of: room), musicClass: musicClass)
        music[room] = musicClass
    }

    /// Those who wait hear a changed music class at once (contract 20 §11 row 13); of a switchboard that is no more they
    /// go on in the dialplan.
    func refreshConfiguration() async {
        guard !calls.isEmpty else { return }
        do {
            guard let record = try await ports.switchboards.switchboard(id.id, tenant: id.tenant) else {
                return await closeDown()
            }
            let rooms = preparedRooms.filter { room in calls.values.contains { $0.room == room && $0.phase.isInRoom } }
            for room in rooms where music[room] != .some(record.music(of: room)) {
                try await startMusic(record.music(of: room), in: room)
                logger.info("music class changed", metadata: ["room": "\(room)"])
            }
        } catch {
            logger.warning("configuration not read", metadata: ["error": "\(error)"])
        }
    }

    private func closeDown() async {
        logger.notice("the switchboard was deleted: callers are sent on", metadata: ["calls": "\(calls.count)"])
        for call in calls.values.sorted(by: WaitingCall.precedes) { await feed(.switchboardGone, to: call.id) }
    }

    /// Whether callers wait in a switchboard that the directory does not have any more.
    func isAbandoned() async -> Bool {
        guard !calls.isEmpty else { return false }
        do {
            return try await ports.switchboards.switchboard(id.id, tenant: id.tenant) == nil
        } catch {
            return false
        }
    }

    /// Contract 20 §5.3: the phone shows the caller, and is asked to answer by itself.
    private func callOperator(_ taker: WaitingCall.Operator, for call: WaitingCall) async -> WaitingCall.Event? {
        index.assign(taker.channel, to: self)
        let arguments = StasisArguments.answer(id.tenant, switchboard: id.id, call: call.id, from: call.room)
        do {
            try await ports.channels.originate(
                Origination(
                    channel: taker.channel,
                    endpoint: taker.endpoint,
                    application: StasisArguments.application,
                    arguments: arguments.list,
                    callerID: CallerIDText.text(name: call.callerName, number: call.callerNumber),
                    originator: call.id,
                    variables: AutoAnswer.variables
                )
            )
            return .operatorCalled
        } catch {
            logger.warning(
                "operator's phone not called",
                metadata: ["call": "\(call.id)", "endpoint": "\(taker.endpoint)", "error": "\(error)"]
            )
            index.forget(taker.channel)
            callFailures[call.id] =
                (error as? TelephonyFailure).map(ports.failures.failure(for:)) ?? .databaseUnreachable
            return .operatorRefused
        }
    }

    /// Contract 20 §5.3, once the operator's leg is in Stasis: he gets his own caller id back, and both
    /// meet in a bridge that is claimed while it is put together.
    private func connect(_ call: WaitingCall, with taker: WaitingCall.Operator) async -> WaitingCall.Event? {
        forgetDeadline(of: call.id)
        ports.cleanup.claim(taker.bridge)
        do {
            async let bridge: Void = ports.bridges.createBridge(
                taker.bridge,
                kind: .mixing,
                name: LoneChannelCleanup.conversation
            )
            async let answered: Void = ports.channels.answer(taker.channel)
            if let own = try await ports.channels.variable("XIVO_ORIGINAL_CALLER_ID", of: taker.channel), !own.isEmpty {
                try await ports.channels.setVariable("CALLERID(all)", to: own, of: taker.channel)
            }
            try await answered
            try await bridge
            try await ports.bridges.add([call.id, taker.channel], to: taker.bridge, as: BridgeEntry())
        } catch {
            if await isGone(taker.channel) { return .operatorGone }
            return await outcome(of: error, for: call, refused: .connectRefused, doing: "connect the operator")
        }
        return .connected
    }

    func sendOn(_ call: WaitingCall, to exit: WaitingCall.Exit) async -> WaitingCall.Event? {
        let place: DialplanPlace? =
            switch exit {
            case .noAnswer: DialplanPlace(context: "switchboard", exten: "noanswer")
            case .nextPriority: nil
            }
        do {
            try await ports.channels.continue(call.id, at: place)
            return .sentOn
        } catch {
            return await outcome(of: error, for: call, refused: .sentOn, doing: "send the caller on")
        }
    }

    /// Hangs a channel up; one that is gone is what we want.
    func hangUp(_ channel: ChannelID) async {
        do {
            try await ports.channels.hangUp(channel)
        } catch TelephonyFailure.notFound {
            return
        } catch {
            logger.error("not hung up", metadata: ["channel": "\(channel)", "error": "\(error)"])
        }
    }

    /// Whether Asterisk says that the channel does not exist; `false` when it does not answer.
    func isGone(_ channel: ChannelID) async -> Bool {
        do {
            return try await ports.channels.channel(channel) == nil
        } catch {
            return false
        }
    }

    private func discard(_ bridge: BridgeID) async {
        do {
            try await ports.bridges.destroyBridge(bridge)
        } catch {
            logger.warning("bridge not destroyed", metadata: ["bridge": "\(bridge)", "error": "\(error)"])
        }
        await ports.cleanup.release(bridge)
    }

    /// What a failed request means for the call: gone, refused, or unknown while Asterisk is away.
    private func outcome(
        of error: any Error,
        for call: WaitingCall,
        refused: WaitingCall.Event,
        doing what: String
    ) async -> WaitingCall.Event? {
        do {
            if case TelephonyFailure.unreachable = error { throw error }
            if case TelephonyFailure.notInitialized = error { throw error }
            let present = try await ports.channels.channel(call.id)
            guard present.map(call.isOurs) ?? false else { return .callerGone }
            logger.error("cannot \(what)", metadata: ["call": "\(call.id)", "error": "\(error)"])
            return refused
        } catch {
            logger.error("cannot \(what) now", metadata: ["call": "\(call.id)", "error": "\(error)"])
            revisitLater(call.id)
            return nil
        }
    }
}

extension WaitingCall {
    /// Whether a channel with the caller's id is still where we can reach it: who was queued came into our application,
    /// who is held may be in any.
    func isOurs(_ channel: Channel) -> Bool {
        guard let stasis = channel.stasis else { return false }
        return room == .waitingRoom || stasis.application == StasisArguments.application
    }
}

extension WaitingCall.Room {
    /// The channel variable that names the switchboard (contract 20 §3).
    var variable: String {
        switch self {
        case .queue: "WAZO_SWITCHBOARD_QUEUE"
        case .waitingRoom: "WAZO_SWITCHBOARD_HOLD"
        }
    }
}

extension SwitchboardRecord {
    /// Music class of a room; `nil`: Asterisk's default.
    func music(of room: WaitingCall.Room) -> String? {
        switch room {
        case .queue: queueMusic
        case .waitingRoom: waitingRoomMusic
        }
    }
}
