import CallControl
import Core
import Events
import Foundation
import Logging
import Synchronization
import Telephony

/// Calls that are in a Stasis application: which one, as what, and calls that are being connected to a user
/// (contract 10 §4). What Asterisk shows of a channel tells the same after a restart, so nothing is stored.
final class StasisCalls: EventReceiving {
    /// A call's record.
    struct Entry: Sendable, Hashable {
        var application: String
        var instance: String?
        var isTalking = false
    }
    /// Arguments of a channel that was placed for a connection: `<instance>,dialed_from,<originator>`.
    private static let dialed = "dialed_from"
    private static let idPrefix = "connect."

    private struct State {
        var entries: [ChannelID: Entry] = [:]
        var connections: [ChannelID: Connection] = [:]
    }
    private enum Job: Sendable {
        case effect(Connection.Effect, Connection)
        case giveTenant(ChannelID, String)
    }

    private let ports: CallPorts
    private let state = Mutex(State())
    private let jobs = Mailbox<Job>(capacity: 1_024)

    init(_ ports: CallPorts) { self.ports = ports }

    // MARK: Reading

    /// A channel's record: what its events told, else what its snapshot shows.
    func entry(of record: ChannelRecord) -> Entry? {
        if let known = state.withLock({ $0.entries[record.id] }) { return known }
        return record.application.map { Entry(application: $0, instance: record.applicationInstance) }
    }

    /// Records that are kept now.
    var count: Int { state.withLock { $0.entries.count } }
    /// Connections that are not over.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    // MARK: Connecting

    /// Rings a user for a call; the new channel. Its id names the caller, so that a restart knows whom it is for.
    /// - Throws: `TelephonyFailure`.
    func connect(_ caller: ChannelRecord, instance: String, to endpoint: DialString, timeout: Int) async throws
        -> Channel
    {
        let connection = Connection(
            callee: ChannelID(Self.idPrefix + UUID().uuidString.prefix(8).lowercased() + "." + caller.id.rawValue),
            caller: caller.id,
            bridge: BridgeID(UUID().uuidString.lowercased())
        )
        state.withLock { $0.connections[connection.callee] = connection }
        ports.cleanup.claim(connection.bridge)
        do {
            return try await ports.channels.originate(
                Origination(
                    channel: connection.callee,
                    endpoint: endpoint,
                    application: LoneChannelCleanup.application,
                    arguments: [instance, Self.dialed, caller.id.rawValue],
                    originator: caller.id,
                    timeout: timeout
                )
            )
        } catch {
            await happened(.calleeLeft, connection.callee)
            throw error
        }
    }

    private func happened(_ event: Connection.Event, _ callee: ChannelID) async {
        let (effects, connection) = state.withLock { state -> ([Connection.Effect], Connection?) in
            guard var connection = state.connections[callee] else { return ([], nil) }
            let effects = connection.handle(event)
            state.connections[callee] = connection.phase == .over ? nil : connection
            return (effects, connection)
        }
        guard let connection else { return }
        ports.logger.info(
            "connection \(connection.phase) because \(event)",
            metadata: ["call": "\(connection.caller)", "callee": "\(callee)"]
        )
        if connection.phase == .over, !effects.contains(.dropBridge) {
            await ports.cleanup.release(connection.bridge)
        }
        for effect in effects { await jobs.send(.effect(effect, connection)) }
    }

    // MARK: EventReceiving

    func wants(_ head: EventHead) -> Bool {
        switch head.type {
        case "StasisStart": true
        case "StasisEnd": head.channel.map(isPartOfConnection) == true
        case "ChannelDestroyed":
            head.channel.map { id in state.withLock { $0.entries[id] != nil } || isPartOfConnection(id) } == true
        default: false
        }
    }

    private func isPartOfConnection(_ id: ChannelID) -> Bool {
        state.withLock { state in
            state.connections[id] != nil || state.connections.values.contains { $0.caller == id }
        }
    }

    func receive(_ event: AsteriskEvent, head: EventHead) async {
        switch event.kind {
        case .stasisStart(let channel, let arguments, let replaced):
            await started(channel, arguments, replaced: replaced, in: event.application)
        case .stasisEnd(let channel): await left(channel.id)
        case .channelDestroyed(let channel, _):
            await left(channel.id)
            ended(channel, at: event.timestamp)
        default: break
        }
    }

    func feedConnected() async {}
    func feedDisconnected() async {}

    private func started(
        _ channel: Channel,
        _ arguments: [String],
        replaced: Channel?,
        in application: String
    ) async {
        let entry = Entry(application: application, instance: arguments.first)
        state.withLock { $0.entries[channel.id] = entry }
        measure(entry, "start")
        if let tenant = replaced?.variables["WAZO_TENANT_UUID"], !tenant.isEmpty {
            await jobs.send(.giveTenant(channel.id, tenant))
        }
        guard application == LoneChannelCleanup.application, arguments.count >= 3, arguments[1] == Self.dialed else {
            return
        }
        await answered(channel.id, caller: ChannelID(arguments[2]))
    }

    /// The user answered. A process that was started meanwhile learns of the connection here.
    private func answered(_ callee: ChannelID, caller: ChannelID) async {
        let isNew = state.withLock { state in
            guard state.connections[callee] == nil else { return false }
            state.connections[callee] = Connection(
                callee: callee,
                caller: caller,
                bridge: BridgeID(UUID().uuidString.lowercased())
            )
            return true
        }
        if isNew, let bridge = state.withLock({ $0.connections[callee]?.bridge }) { ports.cleanup.claim(bridge) }
        await happened(.calleeEntered, callee)
    }

    private func left(_ id: ChannelID) async {
        let (isCallee, callees) = state.withLock { state in
            (state.connections[id] != nil, state.connections.values.filter { $0.caller == id }.map(\.callee))
        }
        if isCallee { await happened(.calleeLeft, id) }
        for callee in callees { await happened(.callerLeft, callee) }
    }

    private func ended(_ channel: Channel, at date: Date) {
        guard let entry = state.withLock({ $0.entries.removeValue(forKey: channel.id) }) else { return }
        measure(entry, "end")
        let seconds = channel.createdAt.map { max(0, date.timeIntervalSince($0)).rounded(.down) } ?? 0
        ports.measure(
            .calls(
                application: entry.application,
                instance: entry.instance,
                type: "gauge",
                "duration",
                value: seconds
            )
        )
        if !entry.isTalking { measure(entry, "abandoned") }
    }

    private func measure(_ entry: Entry, _ what: String) {
        ports.measure(.calls(application: entry.application, instance: entry.instance, type: "counter", what))
    }

    // MARK: Recovery

    /// Who was being rung or joined when an earlier process ended, and records of channels that ended meanwhile.
    func recover(from snapshot: AsteriskSnapshot) async {
        let gone = state.withLock { state in
            state.entries = state.entries.filter { snapshot.channels[$0.key] != nil }
            return state.connections.values.filter { snapshot.channels[$0.callee] == nil }
        }
        for connection in gone {
            if (try? await ports.channels.channel(connection.callee)) == .some(nil) { await left(connection.callee) }
        }
        for connection in state.withLock({ Array($0.connections.values) })
        where snapshot.channels[connection.caller] == nil {
            if (try? await ports.channels.channel(connection.caller)) == .some(nil) { await left(connection.caller) }
        }
        for channel in snapshot.channels.values where state.withLock({ $0.connections[channel.id] == nil }) {
            guard let caller = Self.caller(of: channel.id) else { continue }
            await resume(channel, caller: caller, snapshot)
        }
    }

    private func resume(_ channel: Channel, caller: ChannelID, _ snapshot: AsteriskSnapshot) async {
        guard !snapshot.bridges.values.contains(where: { $0.channels.contains(channel.id) }) else { return }
        let connection = Connection(
            callee: channel.id,
            caller: caller,
            bridge: BridgeID(UUID().uuidString.lowercased())
        )
        state.withLock { $0.connections[channel.id] = connection }
        ports.cleanup.claim(connection.bridge)
        if channel.stasis != nil { await happened(.calleeEntered, channel.id) }
        if snapshot.channels[caller] == nil { await left(caller) }
    }

    private static func caller(of callee: ChannelID) -> ChannelID? {
        callee.rawValue.suffix(after: idPrefix)?.halves(at: ".").map { ChannelID($0.behind) }
    }

    // MARK: Work

    func run() async {
        await withDiscardingTaskGroup { group in
            while let job = await jobs.next() {
                group.addTask { await self.perform(job) }
            }
        }
    }

    func close() { jobs.close() }

    private func perform(_ job: Job) async {
        do {
            switch job {
            case .giveTenant(let channel, let tenant):
                try await ports.variables.set("__WAZO_TENANT_UUID", to: tenant, of: channel)
            case .effect(.join, let connection):
                await join(connection)
            case .effect(.hangUpCallee, let connection):
                try await ports.channels.hangUp(connection.callee)
            case .effect(.dropBridge, let connection):
                try await ports.bridges.destroyBridge(connection.bridge)
                await ports.cleanup.release(connection.bridge)
            case .effect(.releaseBridge, let connection):
                await ports.cleanup.release(connection.bridge)
            }
        } catch TelephonyFailure.notFound {
            // What was wanted is so already.
        } catch {
            ports.logger.warning("connection: not done", metadata: ["job": "\(job)", "error": "\(error)"])
        }
    }

    private func join(_ connection: Connection) async {
        do {
            guard let caller = try await ports.channels.channel(connection.caller),
                let entry = entry(of: ChannelRecord(caller)), !entry.isTalking
            else { throw TelephonyFailure.conflict("the caller is gone or talks with somebody") }
            let shared = try await ports.bridges.bridges().filter { $0.channels.contains(connection.caller) }
            guard !shared.contains(where: { $0.kind == .mixing && $0.channels.count > 1 }) else {
                throw TelephonyFailure.conflict("the caller talks with somebody")
            }
            try await ports.channels.answer(connection.callee)
            try await ports.channels.answer(connection.caller)
            try await ports.bridges.createBridge(
                connection.bridge,
                kind: .mixing,
                name: LoneChannelCleanup.conversation
            )
            try await ports.bridges.add(connection.caller, to: connection.bridge)
            try await ports.bridges.add(connection.callee, to: connection.bridge)
            state.withLock { state in
                // Both talk: a caller who hangs up then has not abandoned (contract 10 §6 row 2).
                state.entries[connection.caller, default: entry].isTalking = true
                state.entries[connection.callee]?.isTalking = true
            }
            measure(entry, "connect")
            await happened(.joined, connection.callee)
        } catch {
            ports.logger.warning(
                "call not connected",
                metadata: ["call": "\(connection.caller)", "error": "\(error)"]
            )
            await happened(.failed, connection.callee)
        }
    }
}
