public import CallControl
import Core
public import Directory
import Logging
import Persistence
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Switchboards: callers wait in a queue with music until an operator takes them over REST, and in a waiting room when he
/// has put them on hold.
///
/// ## A call's journey
/// 1. The dialplan asks `switchboard_set_features` and sends the caller into Stasis application
///    `callcontrol` with `switchboard,switchboard_queue,<tenant>,<switchboard>` (`StasisArguments`).
/// 2. The event feed asks ``wants(_:)`` and hands the StasisStart to the switchboard's actor
///    (`SwitchboardActor`), which is the lock of its queue.
/// 3. A `WaitingCall` is stored, answered, put into the holding bridge `switchboard-<uuid>-queue` and listed;
///    clients hear `switchboard_queued_calls_updated` (`BusEvents`).
/// 4. An operator sends `PUT …/calls/queued/{id}/answer` (`Routes`): his phone rings while the caller keeps
///    his place and the music. Answered: both meet in a mixing bridge, clients hear
///    `switchboard_queued_call_answered`. Not answered: the caller is listed again, at the same place.
/// 5. Nobody answers before the deadline: the caller goes to `switchboard,noanswer` of the dialplan.
/// 6. The operator sends `PUT …/calls/held/{id}`: the caller goes into `switchboard-<uuid>-hold`, from where
///    `PUT …/calls/held/{id}/answer` takes him like from the queue.
/// 7. Either hangs up: the queue forgets the caller, or `LoneChannelCleanup` ends the conversation.
///
/// ## Where to look
/// - `WaitingCall`, `WaitingCall+Transitions`: the state machine, a pure value.
/// - `SwitchboardActor`: inputs; `+Storing`: every change is stored before its effects, with its events;
///   `+Effects`: requests to Asterisk; `+Recovery`: after a restart of ours or of Asterisk.
/// - `WaitingCall+Row`: the row in schema `gateway`. `Failures`: error ids.
///
/// Source: contract 20.
public final class Switchboards: Service, EventReceiving, Restoring, Recovering {
    let ports: SwitchboardPorts
    let index = ChannelIndex()
    private let actors = Mutex<[SwitchboardID: SwitchboardActor]>([:])
    /// Actors that wait for their loop to be started; a process knows few switchboards.
    private let newActors = Mailbox<SwitchboardActor>(capacity: 4_096)
    private let hasRestored = Mutex(false)
    private static let lookInterval: Duration = .seconds(60)
    private static let readTypes: Set<String> = ["StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelCallerId"]

    /// Switchboards that work through these ports.
    public init(ports: SwitchboardPorts) { self.ports = ports }

    /// Runs the actors until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask { await self.lookForDeletedOnes() }
                    while let actor = await self.newActors.next() {
                        group.addTask { await actor.run() }
                    }
                }
            } onCancel: {
                self.newActors.close()
                for actor in self.actors.withLock({ Array($0.values) }) { actor.mailbox.close() }
            }
        }
    }

    /// The switchboard's actor, made when it is first needed.
    func actor(_ id: SwitchboardID) -> SwitchboardActor {
        let (actor, isNew) = actors.withLock { actors -> (SwitchboardActor, Bool) in
            if let known = actors[id] { return (known, false) }
            let made = SwitchboardActor(id, ports: ports, index: index)
            actors[id] = made
            return (made, true)
        }
        if isNew, !newActors.offer(actor) { actor.mailbox.close() }
        return actor
    }

    /// The switchboard's actor, if it has ever been needed.
    func knownActor(_ id: SwitchboardID) -> SwitchboardActor? { actors.withLock { $0[id] } }

    // MARK: Events

    /// Arrivals with our arguments, and what concerns channels that a switchboard owns.
    public func wants(_ head: EventHead) -> Bool {
        guard head.application == StasisArguments.application, Self.readTypes.contains(head.type) else { return false }
        if head.type == "StasisStart" {
            return head.arguments.first == StasisArguments.instance
                || head.replaced.flatMap(index.owner(of:)) != nil
        }
        return head.channel.flatMap(index.owner(of:)) != nil
    }

    /// Puts the event into the mailbox of its switchboard; waits while that is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        switch event.kind {
        case .stasisStart(let channel, _, let replaced?):
            await index.owner(of: replaced.id)?.mailbox.send(.replaced(replaced.id, by: channel))
        case .stasisStart(let channel, let arguments, nil): await start(channel, arguments)
        case .stasisEnd(let channel), .channelDestroyed(let channel, _):
            await index.owner(of: channel.id)?.mailbox.send(.channelGone(channel.id))
        case .channelCallerID(let channel):
            await index.owner(of: channel.id)?.mailbox.send(.callerIDChanged(channel))
        default: break
        }
    }

    private func start(_ channel: Channel, _ arguments: [String]) async {
        guard let parsed = StasisArguments(arguments) else {
            ports.logger.warning(
                "switchboard arguments not understood",
                metadata: ["channel": "\(channel.id)", "arguments": "\(arguments)"]
            )
            return
        }
        let owner = actor(parsed.switchboard)
        // Assigned here, in the reading task, so that no later event of the channel is missed.
        index.assign(channel.id, to: owner)
        switch parsed {
        case .queue: await owner.mailbox.send(.arrived(channel))
        case .answer(_, _, let call, _): await owner.mailbox.send(.operatorArrived(channel, call: call))
        }
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: calls stay where they are, in Asterisk.
    public func feedDisconnected() async {}

    // MARK: Configuration

    /// Configuration of the directory changed: those who wait hear a new music class at once, and go on in the dialplan
    /// when their switchboard, or its tenant, was deleted.
    public func directoryChanged(_ change: DirectoryChange) {
        let concerned = actors.withLock { actors -> [SwitchboardActor] in
            switch change {
            case .switchboard(let id?): actors.filter { $0.key.id == id }.map(\.value)
            case .user, .line, .trunk, .voicemail, .application, .conference, .meeting, .parkingLot, .group: []
            default: Array(actors.values)
            }
        }
        // One that is full hears the next change, or is looked at within a minute.
        for actor in concerned { actor.mailbox.offer(.configurationChanged) }
    }

    /// Looks each minute whether callers wait in a switchboard that is no more: with a tenant its objects vanish without
    /// a word, and some time after it.
    private func lookForDeletedOnes() async {
        while (try? await Task.sleep(for: Self.lookInterval)) != nil { await sendOnFromDeletedOnes() }
    }

    func sendOnFromDeletedOnes() async {
        for actor in actors.withLock({ Array($0.values) }) where await actor.isAbandoned() {
            actor.mailbox.offer(.configurationChanged)
        }
    }

    // MARK: Recovery

    /// Resumes, finishes or ends every queued call according to what Asterisk shows, takes in callers whose
    /// arrival was missed, and publishes the list of each switchboard (contract 20 §5.8).
    /// - Throws: `DatabaseFailure` while the stored calls or the switchboards cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await restore()
        for channel in snapshot.channels.values {
            if let tenant = channel.variables["WAZO_TENANT_UUID"], !tenant.isEmpty {
                for name in WaitingCall.Room.allCases.compactMap({ channel.variables[$0.variable] }) where !name.isEmpty
                {
                    _ = actor(SwitchboardID(tenant: TenantID(tenant), id: name))
                }
            }
            if let stasis = channel.stasis, stasis.application == StasisArguments.application,
                let arguments = StasisArguments(stasis.arguments)
            {
                _ = actor(arguments.switchboard)
            }
        }
        for actor in actors.withLock({ Array($0.values) }) {
            await actor.mailbox.send(.recover(snapshot))
            // The lone-channel clean-up comes next: bridges that are being put together are claimed by then.
            await settle(actor)
        }
        for record in try await ports.switchboards.switchboards() {
            let id = SwitchboardID(tenant: record.tenant, id: record.id)
            await actor(id).mailbox.send(.announce)
        }
    }

    /// Reads the stored calls once; when it returns they are listed.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws {
        guard !hasRestored.withLock({ $0 }) else { return }
        var rows: [AggregateRow] = []
        for room in WaitingCall.Room.allCases { rows += try await ports.store.rows(ofKind: room.rowKind) }
        var calls: [SwitchboardID: [WaitingCall]] = [:]
        for row in rows {
            guard let call = WaitingCall(row: row) else {
                ports.logger.error("unreadable row of a waiting call", metadata: ["id": "\(row.id)"])
                continue
            }
            calls[SwitchboardID(tenant: call.tenant, id: call.switchboard), default: []].append(call)
        }
        for (id, stored) in calls {
            let actor = actor(id)
            await actor.mailbox.send(.restored(stored))
            await settle(actor)
        }
        hasRestored.withLock { $0 = true }
    }

    /// Returns once a switchboard has handled what was sent to it so far.
    private func settle(_ actor: SwitchboardActor) async {
        struct TooLate: Error {}
        let reply = Reply<Void>()
        guard actor.mailbox.offer(.barrier { reply.resolve(.success(())) }) else { return }
        // A server that is stopped in its first moment never starts the switchboard's loop.
        try? await reply.value(within: .seconds(30)) { TooLate() }
    }
}
