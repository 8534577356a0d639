public import CallControl
import Core
import Logging
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Ad hoc conferences: a user merges his calls.
///
/// ## A conference's journey
/// 1. `POST /users/me/conferences/adhoc` (`Routes`) names the host's call and others that he holds; `ConferenceCalls`
///    finds out with whom each talks.
/// 2. An ``AdhocConference`` is stored, clients hear `conference_adhoc_created` (`BusEvents`), and its calls are brought
///    into Stasis application `adhoc_conference` (`AdhocConferenceWork+Bringing`).
/// 3. Each that arrives is put into the mixing bridge whose id is the conference's; clients hear
///    `conference_adhoc_participant_joined`.
/// 4. Whoever leaves is told of; with the host, or when one is left alone, everybody is hung up, the bridge is destroyed
///    and the host hears `conference_adhoc_deleted`.
///
/// The lock, the storing and the recovery are those of ``CallControl/Aggregates``.
///
/// Source: contract 23.
public final class AdhocConferences: Service, EventReceiving, Restoring, Recovering {
    /// The Stasis application of conferences.
    public static let application = "adhoc_conference"
    /// Calls of a conference at most, the host and his peer included (ours; contract 23 §5 row 9).
    static let largest = 50

    let ports: AdhocConferencePorts
    let aggregates: Aggregates<AdhocConferenceWork>
    let calls: ConferenceCalls
    /// Channels that came for a conference that is not there.
    private let strays: Mailbox<ChannelID>
    private let hasRecovered = Mutex(false)

    /// Conferences that work through these ports.
    /// - Parameter claims: Shared by all that move calls.
    public init(ports: AdhocConferencePorts, claims: CallClaims = CallClaims()) {
        self.ports = ports
        let strays = Mailbox<ChannelID>(capacity: 256)
        self.strays = strays
        aggregates = Aggregates(
            work: AdhocConferenceWork(ports: ports),
            store: ports.store,
            cleanup: ports.cleanup,
            clock: ports.clock,
            claims: claims,
            leftOver: { _, event in
                if case .arrived(let channel, _) = event { strays.offer(channel) }
            },
            logger: ports.logger
        )
        calls = ConferenceCalls(channels: ports.channels, bridges: ports.bridges)
    }

    /// Runs until shutdown.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.aggregates.run() }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    await withTaskCancellationHandler {
                        while let stray = await self.strays.next() { await self.hangUp(stray) }
                    } onCancel: {
                        self.strays.close()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func hangUp(_ stray: ChannelID) async {
        ports.logger.notice("hanging up a call whose conference is over", metadata: ["channel": "\(stray)"])
        do {
            try await ports.channels.hangUp(stray)
        } catch TelephonyFailure.notFound {
            return
        } catch {
            ports.logger.error("stray call not hung up", metadata: ["channel": "\(stray)", "error": "\(error)"])
        }
    }

    /// The live conference that a channel is in, or on its way to.
    func conference(of channel: ChannelID) -> AdhocConference? {
        aggregates.owners(of: channel).first.flatMap(aggregates.machine)
    }

    // MARK: Events

    /// Whether a channel is in a conference, or on its way into one.
    public func owns(_ channel: ChannelID) -> Bool { isOwned(channel) }

    /// Arrivals in our application, and what concerns channels and bridges of conferences. Of the ends of channels those
    /// count too that another application hears of: a call that is on its way is not in ours yet.
    public func wants(_ head: EventHead) -> Bool {
        let isOurs = head.application == Self.application
        switch head.type {
        case "StasisStart": return isOurs
        case "ChannelDestroyed": return isOwned(head.channel)
        case "ChannelEnteredBridge", "ChannelLeftBridge", "StasisEnd": return isOurs && isOwned(head.channel)
        case "BridgeDestroyed": return isOurs && head.bridge.map { aggregates.machine($0.rawValue) != nil } == true
        default: return false
        }
    }

    private func isOwned(_ channel: ChannelID?) -> Bool {
        channel.map { !aggregates.owners(of: $0).isEmpty } ?? false
    }

    /// Puts the event into the mailbox of its conference; waits while that is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        switch event.kind {
        case .stasisStart(let channel, let arguments, let replaced):
            await start(channel, arguments, replaced: replaced?.id)
        case .channelEnteredBridge(let channel, let bridge):
            // Whom we put there has entered by now; a successor has not, for us.
            if aggregates.machine(bridge.id.rawValue)?.member(channel.id) != nil {
                await aggregates.send(
                    .arrived(channel.id, AdhocConference.Person(shownBy: channel)),
                    to: bridge.id.rawValue
                )
            }
        case .channelLeftBridge(let channel, let bridge):
            if aggregates.owners(of: channel.id).contains(bridge.id.rawValue) {
                await aggregates.send(.left(channel.id), to: bridge.id.rawValue)
            }
        case .stasisEnd(let channel): await tell(.left(channel.id), of: channel.id)
        case .channelDestroyed(let channel, _): await tell(.gone(channel.id), of: channel.id)
        case .bridgeDestroyed(let bridge): await aggregates.send(.bridgeGone, to: bridge.id.rawValue)
        default: break
        }
    }

    private func tell(_ event: AdhocConference.Event, of channel: ChannelID) async {
        for id in aggregates.owners(of: channel) { await aggregates.send(event, to: id) }
    }

    private func start(_ channel: Channel, _ arguments: [String], replaced: ChannelID?) async {
        let person = AdhocConference.Person(shownBy: channel)
        if let replaced, isOwned(replaced) {
            return await tell(.replaced(replaced, by: channel.id, person), of: replaced)
        }
        guard arguments.count == 1, let id = arguments.first else { return }
        if await aggregates.send(.arrived(channel.id, person), to: id) { return }
        // Before the stored conferences are known nobody can tell.
        guard hasRecovered.withLock({ $0 }), !strays.offer(channel.id) else { return }
        ports.logger.error("too many stray calls", metadata: ["channel": "\(channel.id)"])
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: conferences stay where they are, in Asterisk.
    public func feedDisconnected() async {}

    /// Reads the stored conferences.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws { try await aggregates.restore() }

    /// Resumes or ends every conference according to what Asterisk shows (contract 23 §5 row 7).
    /// - Throws: `DatabaseFailure` while the stored conferences cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await aggregates.recover(from: snapshot)
        hasRecovered.withLock { $0 = true }
    }
}

extension AdhocConference.Person {
    /// Whose a channel is, if its snapshot lists the variables that tell; an empty one is unset.
    fileprivate init?(shownBy channel: Channel) {
        let name = channel.name.begins(with: "Local/") ? "WAZO_DEREFERENCED_USERUUID" : "WAZO_USERUUID"
        guard let user = channel.variables[name], let tenant = channel.variables["WAZO_TENANT_UUID"] else { return nil }
        self.init(user: user.isEmpty ? nil : UserID(user), tenant: tenant.isEmpty ? nil : TenantID(tenant))
    }
}
