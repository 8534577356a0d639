public import CallControl
import Core
import Logging
public import ServiceLifecycle
public import Telephony

/// Transfers over REST: a user sends the other party of his call on to somebody else.
///
/// ## A transfer's journey
/// 1. `POST /transfers` or `POST /users/me/transfers` (`Routes`, `Requests`, `Creation`): channels, extension and user
///    are checked, all ids are chosen, and a `Transfer` is stored before Asterisk is asked for anything.
/// 2. Calls of the dialplan are fetched into Stasis application `callcontrol` by one AMI `Redirect`; whoever is in Stasis
///    already stays where he is.
/// 3. The transferred party is held with music, the initiator hears ringing, and `Local/<exten>@<context>` is called
///    with the initiator's identity.
/// 4. The recipient answers: initiator and recipient talk. Completed, the transferred party takes the initiator's place;
///    cancelled, he gets the initiator back. Completed before the answer, it becomes a blind transfer.
/// 5. Whoever hangs up in between: `Transfer+Departures` says what that means, and nobody is left on hold.
///
/// ## Where to look
/// - `Transfer`, `Transfer+Transitions`, `Transfer+Departures`: the state machine, a pure value; `Transfer+Row` its row.
/// - `TransferWork`, `TransferWork+Calls`: its effects. `Aggregates` (CallControl) runs it: stored, then performed.
/// - `BusEvents`: what clients hear. `Failures`: error ids. docs/transfers.md: the picture of the phases.
///
/// Source: contract 21.
public final class Transfers: Service, EventReceiving, Restoring, Recovering {
    let ports: TransferPorts
    let parties: CallParties
    let presence: StasisPresence
    let transfers: Aggregates<TransferWork>
    /// Channels that came for a transfer which was not known when they did.
    private let strays = Mailbox<Stray>(capacity: 256)
    /// Opened when the stored transfers are known.
    private let restored: AsyncStream<Void>
    private let restoration: AsyncStream<Void>.Continuation

    private struct Stray: Sendable {
        var channel: ChannelID
        var arguments: StasisArguments
    }

    private static let readTypes: Set<String> = [
        "StasisEnd", "ChannelDestroyed", "ChannelCallerId", "ChannelMohStop",
    ]

    /// Transfers that work through these ports.
    /// - Parameter claims: Shared by all that move calls.
    public init(ports: TransferPorts, claims: CallClaims = CallClaims()) {
        self.ports = ports
        parties = CallParties(channels: ports.channels, bridges: ports.bridges)
        presence = StasisPresence(channels: ports.channels)
        transfers = Aggregates(
            work: TransferWork(ports),
            store: ports.store,
            cleanup: ports.cleanup,
            clock: ports.clock,
            claims: claims,
            logger: ports.logger
        )
        (restored, restoration) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Runs the transfers until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask { try? await self.transfers.run() }
                    group.addTask { await self.sendStraysHome() }
                }
            } onCancel: {
                self.strays.close()
                self.restoration.finish()
            }
        }
    }

    // MARK: Events

    /// Arrivals with our arguments, and what concerns channels that a transfer owns, whichever application tells.
    public func wants(_ head: EventHead) -> Bool {
        if head.type == "StasisStart" {
            return head.application == StasisArguments.application
                && head.arguments.first == StasisArguments.instance
        }
        guard Self.readTypes.contains(head.type), let channel = head.channel else { return false }
        return owns(channel)
    }

    /// Puts the event into the mailboxes of its transfers; waits while one is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        switch event.kind {
        case .stasisStart(let channel, let arguments, _): await start(channel.id, arguments)
        case .stasisEnd(let channel), .channelDestroyed(let channel, _):
            await tell(channel.id) { .gone($0) }
        case .channelCallerID(let channel):
            await tell(channel.id) { party in
                party == .recipient ? .recipientRenamed(name: channel.callerName, number: channel.callerNumber) : nil
            }
        case .channelMusicStopped(let channel):
            await tell(channel.id) { $0 == .transferred ? .musicStopped : nil }
        default: break
        }
    }

    /// Whether a channel takes part in a transfer.
    @Sendable public func owns(_ channel: ChannelID) -> Bool { !transfers.owners(of: channel).isEmpty }

    private func tell(_ channel: ChannelID, _ event: (Transfer.Party) -> Transfer.Event?) async {
        for id in transfers.owners(of: channel) {
            guard let party = transfers.machine(id)?.party(of: channel), let event = event(party) else { continue }
            await transfers.send(event, to: id)
        }
    }

    private func start(_ channel: ChannelID, _ words: [String]) async {
        guard let arguments = StasisArguments(words) else {
            ports.logger.warning(
                "transfer arguments not understood",
                metadata: ["channel": "\(channel)", "arguments": "\(words)"]
            )
            return
        }
        if await welcome(channel, arguments) { return }
        // It may be of a transfer that is stored and not restored yet.
        if !strays.offer(Stray(channel: channel, arguments: arguments)) {
            ports.logger.error("too many channels of unknown transfers", metadata: ["channel": "\(channel)"])
        }
    }

    /// - Returns: `false` when no transfer waits for the channel.
    private func welcome(_ channel: ChannelID, _ arguments: StasisArguments) async -> Bool {
        guard let transfer = transfers.machine(arguments.transfer), let party = transfer.party(of: channel) else {
            return false
        }
        switch (arguments, party) {
        case (.recipient, .recipient): return await transfers.send(.recipientAnswered, to: transfer.id)
        case (.fetched, .transferred), (.fetched, .initiator):
            return await transfers.send(.joined(party), to: transfer.id)
        default: return false
        }
    }

    /// Hangs up who came for a transfer that does not exist (contract 21 §5.2).
    private func sendStraysHome() async {
        for await _ in restored { break }
        while let stray = await strays.next() {
            if await welcome(stray.channel, stray.arguments) { continue }
            ports.logger.info(
                "hanging up the channel of an unknown transfer",
                metadata: ["channel": "\(stray.channel)", "transfer": "\(stray.arguments.transfer)"]
            )
            do {
                try await ports.channels.hangUp(stray.channel)
            } catch TelephonyFailure.notFound {
                continue
            } catch {
                ports.logger.error("not hung up", metadata: ["channel": "\(stray.channel)", "error": "\(error)"])
            }
        }
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: transfers stay as they are, in Asterisk.
    public func feedDisconnected() async {}

    // MARK: Recovery

    /// Reads the stored transfers.
    /// - Throws: `DatabaseFailure` while they cannot be read.
    public func restore() async throws { try await transfers.restore() }

    /// Resumes, finishes or ends every transfer according to what Asterisk shows (contract 21 §8).
    /// - Throws: `DatabaseFailure` while the stored transfers cannot be read.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await transfers.recover(from: snapshot)
        restoration.yield()
    }
}
