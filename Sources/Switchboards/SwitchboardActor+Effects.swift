import CallControl
import Core
import Directory
import Logging
import Telephony

/// The effects of a call's machine, each of which can be repeated without harm. The outcome is the next
/// event; `nil` means that there is none, or that Asterisk could not be asked, and then the call is
/// looked at again a little later.
extension SwitchboardActor {
    func perform(_ effect: QueuedCall.Effect, of id: ChannelID) async -> QueuedCall.Event? {
        switch effect {
        // What makes sense for a call whose stay is over, too.
        case .forgetDeadline: forgetDeadline(of: id)
        case .hangUpOperator(let taker): await hangUp(taker.channel)
        case .discardBridge(let taker): await discard(taker.bridge)
        case .watchDeadline: watchDeadline(of: id)
        case .enterQueue, .callOperator, .connect, .sendOn:
            guard let call = calls[id] else { return nil }
            return await perform(effect, for: call)
        }
        return nil
    }

    private func perform(_ effect: QueuedCall.Effect, for call: QueuedCall) async -> QueuedCall.Event? {
        switch effect {
        case .enterQueue: await enterQueue(call)
        case .callOperator(let taker): await callOperator(taker, for: call)
        case .connect(let taker): await connect(call, with: taker)
        case .sendOn(let exit): await sendOn(call, to: exit)
        case .forgetDeadline, .hangUpOperator, .discardBridge, .watchDeadline: nil
        }
    }

    /// Contract 20 §5.1, steps 1 to 3.
    private func enterQueue(_ call: QueuedCall) async -> QueuedCall.Event? {
        do {
            guard try await prepareQueueBridge(for: call) else {
                logger.error("unknown switchboard", metadata: ["call": "\(call.id)"])
                return .queueRefused
            }
            try await ports.channels.setVariable("WAZO_SWITCHBOARD_QUEUE", to: id.id, of: call.id)
            try await ports.channels.setVariable("WAZO_TENANT_UUID", to: id.tenant.rawValue, of: call.id)
            try await ports.channels.answer(call.id)
            try await ports.bridges.add(call.id, to: id.queueBridge)
            return .queued
        } catch {
            queueBridgeExists = false
            return await outcome(of: error, for: call, refused: .queueRefused, doing: "enter the queue")
        }
    }

    /// Creates the bridge if need be and starts its music when nobody is in it.
    /// - Returns: `false` when no such switchboard exists.
    private func prepareQueueBridge(for call: QueuedCall) async throws -> Bool {
        let isEmpty = !calls.values.contains { $0.id != call.id && $0.phase.isInQueueBridge }
        guard isEmpty || !queueBridgeExists else { return true }
        var music: String?
        do {
            guard let record = try await ports.switchboards.switchboard(id.id, tenant: id.tenant) else { return false }
            music = record.queueMusic
        } catch {
            // Better the default music than no queue (contract 20 §11.7).
            logger.warning("music class unknown", metadata: ["error": "\(error)"])
        }
        try await ports.bridges.createBridge(id.queueBridge, kind: .holding)
        queueBridgeExists = true
        if isEmpty { try await ports.bridges.startMusic(in: id.queueBridge, musicClass: music) }
        return true
    }

    /// Contract 20 §5.3: the phone shows the caller, and is asked to answer by itself.
    private func callOperator(_ taker: QueuedCall.Operator, for call: QueuedCall) async -> QueuedCall.Event? {
        index.assign(taker.channel, to: self)
        let arguments = StasisArguments.answer(id.tenant, switchboard: id.id, call: call.id)
        do {
            try await ports.channels.originate(
                Origination(
                    channel: taker.channel,
                    endpoint: taker.endpoint,
                    application: StasisArguments.application,
                    arguments: arguments.list,
                    callerID: Self.callerID(name: call.callerName, number: call.callerNumber),
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
            callFailure = (error as? TelephonyFailure).map(ports.failures.failure(for:)) ?? .databaseUnreachable
            return .operatorRefused
        }
    }

    /// `"name" <number>`, or `"name"` alone when there is no number.
    static func callerID(name: String, number: String) -> String {
        let escaped = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return number.isEmpty ? "\"\(escaped)\"" : "\"\(escaped)\" <\(number)>"
    }

    /// Contract 20 §5.3, once the operator's leg is in Stasis: he gets his own caller id back, and both
    /// meet in a bridge that is claimed while it is put together.
    private func connect(_ call: QueuedCall, with taker: QueuedCall.Operator) async -> QueuedCall.Event? {
        forgetDeadline(of: call.id)
        ports.cleanup.claim(taker.bridge)
        do {
            try await ports.channels.answer(taker.channel)
            if let own = try await ports.channels.variable("XIVO_ORIGINAL_CALLER_ID", of: taker.channel), !own.isEmpty {
                try await ports.channels.setVariable("CALLERID(all)", to: own, of: taker.channel)
            }
            try await ports.bridges.createBridge(taker.bridge, kind: .mixing)
            try await ports.bridges.add(call.id, to: taker.bridge)
            try await ports.bridges.add(taker.channel, to: taker.bridge)
        } catch {
            if await isGone(taker.channel) { return .operatorGone }
            return await outcome(of: error, for: call, refused: .connectRefused, doing: "connect the operator")
        }
        await ports.cleanup.release(taker.bridge)
        return .connected
    }

    func sendOn(_ call: QueuedCall, to exit: QueuedCall.Exit) async -> QueuedCall.Event? {
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
    private func isGone(_ channel: ChannelID) async -> Bool {
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
        for call: QueuedCall,
        refused: QueuedCall.Event,
        doing what: String
    ) async -> QueuedCall.Event? {
        do {
            if case TelephonyFailure.unreachable = error { throw error }
            if case TelephonyFailure.notInitialized = error { throw error }
            let present = try await ports.channels.channel(call.id)
            guard present?.stasis?.application == StasisArguments.application else { return .callerGone }
            logger.error("cannot \(what)", metadata: ["call": "\(call.id)", "error": "\(error)"])
            return refused
        } catch {
            logger.error("cannot \(what) now", metadata: ["call": "\(call.id)", "error": "\(error)"])
            revisitLater(call.id)
            return nil
        }
    }
}
