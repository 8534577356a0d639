import Core
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Every channel and bridge of Asterisk, kept from its events, so that calls are listed without asking it.
///
/// A Stasis application of its own hears of all channels and bridges, in one order: what is answered is never older than
/// the last event. After each connection ``Recovery`` brings what there was before. A look at Asterisk each minute tells,
/// as metric `tandem_call_registry_drift`, how many channels differ, and takes over what it shows (all that ever were:
/// `tandem_call_registry_mended`). While the feed is
/// away, or when ari.conf does not list the variables that calls need, the registry says that it is not current; then
/// Asterisk is asked.
public final class CallRegistry: EventReceiving, Recovering, Service {
    /// The Stasis application whose events it is made from; no channel ever enters it.
    public static let applicationName = "tandem-calls"
    /// The application with its sources.
    public static let application = StasisApplication(
        name: applicationName,
        sources: ["channel:", "bridge:"],
        alsoReads: ["ChannelVarset", "ChannelConnectedLine"],
        ignores: ["ChannelMohStart", "ChannelMohStop", "ChannelToneDetected", "Dial"],
        isLasting: false
    )
    private static let snapshotTypes: Set<String> = [
        "ChannelCreated", "ChannelStateChange", "ChannelCallerId", "ChannelConnectedLine", "ChannelHold",
        "ChannelUnhold", "ChannelDtmfReceived", "ChannelUserevent", "ChannelHangupRequest", "ChannelDestroyed",
        "ChannelEnteredBridge", "ChannelLeftBridge", "BridgeDestroyed", "BridgeMerged",
        "BridgeAttendedTransfer",
    ]
    private static let checkInterval: Duration = .seconds(60)

    private let channels: any ChannelControlling
    private let bridges: any BridgeControlling
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex(RegistryState())
    private let drift = Gauge(label: "tandem_call_registry_drift")
    private let checks = Counter(label: "tandem_call_registry_checks")
    private let mended = Counter(label: "tandem_call_registry_mended")
    private let onVanished = Mutex<(@Sendable ([Call]) -> Void)?>(nil)

    /// An empty registry, to be given events.
    /// - Parameter checkInterval: Between two comparisons with Asterisk; `nil`: a minute.
    public init(
        channels: any ChannelControlling,
        bridges: any BridgeControlling,
        checkInterval: Duration? = nil,
        logger: Logger
    ) {
        self.channels = channels
        self.bridges = bridges
        self.logger = logger
        interval = checkInterval ?? Self.checkInterval
    }

    /// Called with calls that ended while nobody listened.
    public func whenVanished(_ body: @escaping @Sendable ([Call]) -> Void) { onVanished.withLock { $0 = body } }

    // MARK: Reading

    /// Whether it holds what Asterisk has.
    public var isCurrent: Bool { state.withLock { $0.isConnected && $0.isSeeded && $0.isComplete } }

    /// Channels that it holds.
    public var count: Int { state.withLock { $0.entries.count } }
    /// Bridges with channels that it holds.
    public var bridgeCount: Int { state.withLock { $0.bridges.count } }

    /// A channel's call; `nil` when there is none of this id.
    public func call(_ id: ChannelID) -> Call? { state.withLock { $0.call(id) } }

    /// A channel; `nil` when there is none of this id.
    public func record(_ id: ChannelID) -> ChannelRecord? { state.withLock { $0.entries[id]?.record } }

    /// Channels in a bridge.
    public func channels(in bridge: BridgeID) -> [ChannelID] { state.withLock { $0.bridges[bridge] ?? [] } }

    /// The texts of call objects, in the order of `ChannelRecord.age`; each is written once and kept until the call changes.
    public func texts(where isWanted: (ChannelRecord) -> Bool) -> [[UInt8]] {
        // What has to be written is written outside the lock, which events wait for.
        var (ready, missing) = state.withLock { state in
            var ready: [(age: ChannelRecord.Age, text: [UInt8])] = []
            var missing: [(call: Call, revision: UInt64)] = []
            for entry in state.entries.values where isWanted(entry.record) {
                if let text = entry.text {
                    ready.append((entry.record.age, text))
                } else {
                    missing.append((state.call(entry), entry.revision))
                }
            }
            return (ready, missing)
        }
        guard !missing.isEmpty else { return Self.ordered(ready) }
        let written = missing.map { ($0.call.id, $0.revision, Array($0.call.json.text.utf8)) }
        state.withLock { state in
            for (id, revision, text) in written { state.keep(text, of: id, revision: revision) }
        }
        for (index, part) in written.enumerated() { ready.append((missing[index].call.record.age, part.2)) }
        missing = []
        return Self.ordered(ready)
    }

    private static func ordered(_ texts: [(age: ChannelRecord.Age, text: [UInt8])]) -> [[UInt8]] {
        texts.sorted { $0.age < $1.age }.map(\.text)
    }

    // MARK: What we set ourselves

    /// Notes a variable that is being set in Asterisk, which shows it a moment later.
    public func note(_ variable: CallVariable, _ value: String, of id: ChannelID) {
        state.withLock { $0.setOwn(variable, to: value, of: id) }
    }

    /// A channel is about to be made for a call to this number: until the dialplan says what was dialled, it was that.
    /// - Parameter exten: `nil`: it was not made.
    public func expect(_ exten: String?, dialledBy id: ChannelID) {
        state.withLock { $0.expect(exten, dialledBy: id) }
    }

    /// Asterisk did not take a value that was noted: from its next snapshot on, its own counts.
    public func retract(_ variable: CallVariable, of id: ChannelID) {
        state.withLock { $0.dropOwn(variable, of: id) }
    }

    // MARK: EventReceiving

    /// Everything that changes a call.
    public func wants(_ head: EventHead) -> Bool {
        if head.type == "ChannelVarset" {
            return head.channel != nil && head.variable.flatMap { CallVariable(name: $0) } != nil
        }
        return Self.snapshotTypes.contains(head.type)
    }

    /// Takes the event over at once.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        state.withLock { Self.apply(event.kind, to: &$0) }
    }

    private static func apply(_ kind: AsteriskEvent.Kind, to state: inout RegistryState) {
        switch kind {
        case .channelVariableSet(let channel?, let name, let value):
            guard let variable = CallVariable(name: name) else { return }
            state.set(variable, to: value, of: channel)
        case .channelDestroyed(let channel, _): state.remove(channel.id)
        case .channelEnteredBridge(let channel, let bridge), .channelLeftBridge(let channel, let bridge):
            state.put(channel)
            state.put(bridge)
        case .bridgeDestroyed(let bridge): state.removeBridge(bridge.id)
        case .bridgesMerged(let bridge, let from):
            state.put(bridge)
            state.put(from)
        case .channelCreated(let channel), .channelStateChange(let channel), .channelCallerID(let channel),
            .channelConnectedLine(let channel), .channelHold(let channel, _), .channelUnhold(let channel),
            .channelDTMFReceived(let channel, _, _), .channelHangupRequest(let channel, _),
            .userEvent(_, let channel?, _, _):
            state.put(channel)
        default: break
        }
    }

    /// From now on events come; what there was before comes with the recovery.
    public func feedConnected() async { state.withLock { $0.connected() } }
    /// From now on events are missed.
    public func feedDisconnected() async { state.withLock { $0.disconnected() } }

    /// Takes over what Asterisk showed after the feed connected.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        let (vanished, isComplete) = state.withLock { state in
            let ended = state.seed(Array(snapshot.channels.values), Array(snapshot.bridges.values))
            return (ended.map { Call($0.record) }, state.isComplete)
        }
        if !isComplete { logger.warning("ari.conf lists too few channelvars: calls are read from Asterisk each time") }
        if !vanished.isEmpty { onVanished.withLock { $0 }?(vanished) }
    }

    // MARK: Self-check

    /// Compares with Asterisk each minute until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: self.interval)) != nil { await self.check() }
        }
    }

    /// Compares with Asterisk now. A difference counts when it is still there a moment later: events may be on their
    /// way. What differs is taken over as Asterisk shows it.
    /// - Returns: Channels that differ; `nil` when Asterisk did not answer or the registry is not current.
    @discardableResult
    public func check() async -> Int? {
        guard isCurrent, let first = await differences() else { return nil }
        var lasting: [ChannelID: Channel?] = [:]
        var shown: [Bridge] = []
        if !first.channels.isEmpty {
            guard (try? await Task.sleep(for: .seconds(1))) != nil, let second = await differences() else { return nil }
            lasting = second.channels.filter { first.channels.keys.contains($0.key) }
            shown = second.bridges
        }
        drift.record(lasting.count)
        checks.increment()
        guard !lasting.isEmpty else { return 0 }
        mended.increment(by: lasting.count)
        logger.error("calls differ from Asterisk's", metadata: ["channels": "\(lasting.keys.prefix(5))"])
        let vanished = mend(lasting, bridges: shown)
        if !vanished.isEmpty { onVanished.withLock { $0 }?(vanished) }
        return lasting.count
    }

    /// Takes over how Asterisk shows these channels.
    /// - Returns: Calls that it does not have any more.
    private func mend(_ channels: [ChannelID: Channel?], bridges: [Bridge]) -> [Call] {
        let shown = Dictionary(bridges.map { ($0.id, $0) }) { $1 }
        return state.withLock { state in
            var vanished: [Call] = []
            for (id, channel) in channels {
                if let channel {
                    state.put(channel)
                } else {
                    if let record = state.entries[id]?.record { vanished.append(Call(record)) }
                    state.remove(id)
                }
            }
            for id in channels.keys {
                for bridge in state.entries[id]?.bridges ?? [] {
                    if let shown = shown[bridge] { state.put(shown) } else { state.removeBridge(bridge) }
                }
                for bridge in bridges where bridge.channels.contains(id) { state.put(bridge) }
            }
            return vanished
        }
    }

    /// Channels that did not change while Asterisk was asked, and that it shows otherwise; `nil`: it does not have it.
    private func differences() async -> (channels: [ChannelID: Channel?], bridges: [Bridge])? {
        let start = state.withLock { $0.revision }
        guard let shown = try? await channels.channels(), let shownBridges = try? await bridges.bridges() else {
            return nil
        }
        var members: [ChannelID: Set<BridgeID>] = [:]
        for bridge in shownBridges {
            for channel in bridge.channels { members[channel, default: []].insert(bridge.id) }
        }
        let shownIDs = Set(shown.map(\.id))
        let found = state.withLock { state in
            var found: [ChannelID: Channel?] = [:]
            for channel in shown {
                guard let entry = state.entries[channel.id] else {
                    // It may be newer than this look.
                    found[channel.id] = channel
                    continue
                }
                guard entry.revision <= start, entry.own.isEmpty else { continue }
                let isSame = entry.record.isSame(as: ChannelRecord(channel))
                if !isSame || Set(entry.bridges) != members[channel.id] ?? [] { found[channel.id] = channel }
            }
            for (id, entry) in state.entries where !shownIDs.contains(id) && entry.revision <= start {
                found.updateValue(nil, forKey: id)
            }
            return found
        }
        return (found, shownBridges)
    }
}

extension ChannelRecord {
    /// Whether nothing differs that an event would have told of. Steps of the dialplan are not heard, so context and
    /// extension are those of the last event.
    func isSame(as other: ChannelRecord) -> Bool {
        var other = other
        other.context = context
        other.exten = exten
        other.dialled = dialled
        other.application = application
        other.applicationInstance = applicationInstance
        return self == other
    }
}
