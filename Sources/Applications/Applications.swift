public import CallControl
import Core
public import Directory
import Logging
import Persistence
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Applications: an external program drives calls over REST and hears of them on the bus.
///
/// ## A call's journey
/// 1. The dialplan sends a caller into `wazo-app-<uuid>` (`StasisArguments`), or `POST …/calls` dials somebody.
/// 2. The event feed asks ``wants(_:)`` and hands the event to the application's loop (`ApplicationLoop`), which is its
///    lock: `LiveApplication` says what it leads to, rows and bus messages are stored in one commit, then the effects
///    are performed beside the loop (`ApplicationWork`).
/// 3. The program hears `application_call_entered` and commands the call: `CallCommands`, `NodeCommands`,
///    `PlaybackCommands`, `SnoopCommands`. A command asks Asterisk, and the application follows.
/// 4. The caller hangs up: `application_call_deleted`.
///
/// ## Where to look
/// - `LiveApplication` and its extensions: state and transitions, a pure value; `+Rows`: what is stored.
/// - `ApplicationLook`: rows and Asterisk brought together after a restart of ours or of Asterisk.
/// - `ApplicationRegister`: which applications there are, as the directory tells.
///
/// Source: contract 11.
public final class Applications: Service, EventReceiving, Recovering {
    let ports: ApplicationPorts
    let work: ApplicationWork
    let register: ApplicationRegister
    private static let readTypes: Set<String> = [
        "StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelStateChange", "ChannelCallerId", "ChannelVarset",
        "ChannelMohStart", "ChannelMohStop", "ChannelDtmfReceived", "ChannelEnteredBridge", "ChannelLeftBridge",
        "BridgeDestroyed", "PlaybackStarted", "PlaybackFinished",
    ]

    /// Applications that work through these ports.
    /// - Parameter removalLimit: How long an Asterisk that does not answer may delay the end of deleted applications; what
    ///   it did not do by then is asked for again later.
    public init(ports: ApplicationPorts, removalLimit: Duration = .seconds(8)) {
        self.ports = ports
        let work = ApplicationWork(ports: ports)
        self.work = work
        register = ApplicationRegister(ports: ports, work: work, removalLimit: removalLimit)
    }

    /// Runs until shutdown.
    public func run() async throws { await register.run() }

    /// Returns when the configured applications are known and wanted in Asterisk, at the latest after `limit`: the
    /// first connection of the feed then takes them along.
    public func loaded(within limit: Duration) async { await register.loaded(within: limit) }

    /// Configuration of the directory changed.
    public func directoryChanged(_ change: DirectoryChange) {
        switch change {
        case .application(let id?): register.look(at: id.lowercased())
        case .application(nil), .tenant, .everything: register.lookAtAll()
        default: break
        }
    }

    /// Whether the configured applications are known and all are registered, for `/1.0/status`.
    public var isReady: Bool { register.isReady }

    // MARK: Events

    private func loop(_ head: EventHead) -> ApplicationLoop? {
        StasisArguments.id(ofApplication: head.application).flatMap(register.loop)
    }

    /// One who comes for an application that was deleted, while Asterisk still has it: the socket that it shares with
    /// others ends with the next connection. He goes on in the dialplan, which takes its fallback.
    private func isStray(_ head: EventHead) -> Bool {
        head.type == "StasisStart" && StasisArguments.id(ofApplication: head.application) != nil && register.hasLoaded
    }

    /// Everything of our applications that we read.
    public func wants(_ head: EventHead) -> Bool {
        guard Self.readTypes.contains(head.type) else { return false }
        guard loop(head) != nil else { return isStray(head) }
        guard head.type == "ChannelVarset" else { return true }
        return head.variable.map(ApplicationCall.Variable.isRead) ?? false
    }

    /// Puts the event into the mailbox of its application; waits while that is full.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        guard let loop = loop(head) else {
            if let channel = head.channel { work.sendAway(channel) }
            return
        }
        if case .stasisStart(let channel, let arguments, let replaced) = event.kind {
            let arrival = Arrival(channel: channel, arguments: StasisArguments(arguments), replaced: replaced?.id)
            // Refused by one that has just ended.
            if !(await loop.mailbox.send(.arrival(arrival))) { work.sendAway(channel.id) }
        } else if let event = LiveApplication.Event(event.kind) {
            await loop.send(event)
        }
    }

    /// Nothing: recovery follows.
    public func feedConnected() async {}
    /// Nothing: calls stay where they are, in Asterisk.
    public func feedDisconnected() async {}

    /// Brings rows and Asterisk together; before the directory has been read nothing is known, and the look follows
    /// then.
    public func recover(from snapshot: AsteriskSnapshot) async throws { await register.look(at: snapshot) }
}

extension LiveApplication.Event {
    /// What an event of Asterisk means here; `nil`: nothing.
    fileprivate init?(_ kind: AsteriskEvent.Kind) {
        switch kind {
        case .stasisEnd(let channel), .channelDestroyed(let channel, _): self = .ended(channel.id)
        case .channelStateChange(let channel): self = .stateChanged(channel)
        case .channelCallerID(let channel): self = .seen(channel)
        case .channelVariableSet(let channel?, let name, let value):
            self = .variableSet(channel, name: name, value: value)
        case .channelMusicStarted(let channel, _), .channelMusicStopped(let channel): self = .musicChanged(channel)
        case .channelDTMFReceived(let channel, let digit, _): self = .digit(channel, digit)
        case .channelEnteredBridge(let channel, let bridge): self = .entered(channel, bridge)
        case .channelLeftBridge(let channel, let bridge): self = .left(channel, bridge)
        case .bridgeDestroyed(let bridge): self = .bridgeGone(bridge.id)
        case .playbackStarted(let playback): self = .playbackStarted(playback)
        case .playbackFinished(let playback): self = .playbackFinished(playback)
        default: return nil
        }
    }
}
