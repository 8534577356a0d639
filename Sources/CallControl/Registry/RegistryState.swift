import Telephony

/// Channels and bridges as the events so far leave them: a value without any waiting in it.
struct RegistryState {
    struct Entry {
        var record: ChannelRecord
        /// Values that we have set and that Asterisk's snapshots need not show yet.
        var own: [CallVariable: String] = [:]
        var bridges: [BridgeID] = []
        /// Rises with each change of this call or of whom it talks with.
        var revision: UInt64
        /// The call object's text, kept until the call changes.
        var text: [UInt8]?
    }

    private(set) var entries: [ChannelID: Entry] = [:]
    private(set) var bridges: [BridgeID: [ChannelID]] = [:]
    /// Bridges whose channels do not talk with each other.
    private var waitingRooms: Set<BridgeID> = []
    /// Channels and bridges that ended since the feed connected: a snapshot that is older may still show them.
    private var gone: Set<ChannelID> = []
    private var goneBridges: Set<BridgeID> = []
    /// Channels and bridges that events told of since the feed connected.
    private var seen: Set<ChannelID> = []
    private var seenBridges: Set<BridgeID> = []
    /// Numbers for which we had channels made, by channel.
    private var dialled: [ChannelID: String] = [:]
    private static let mostDialled = 10_000
    private(set) var isSeeded = false
    private(set) var isConnected = false
    private(set) var revision: UInt64 = 0
    /// Whether every snapshot listed all variables that calls need.
    private(set) var isComplete = true

    // MARK: Connection

    mutating func connected() {
        isConnected = true
        isSeeded = false
        gone = []
        goneBridges = []
        seen = []
        seenBridges = []
    }

    mutating func disconnected() {
        isConnected = false
        isSeeded = false
    }

    /// Takes over what Asterisk showed after the feed connected; what events told since then is newer.
    /// - Returns: Channels that ended while nobody listened.
    mutating func seed(_ channels: [Channel], _ shown: [Bridge]) -> [Entry] {
        let ids = Set(channels.map(\.id))
        let ended = entries.values.filter { !ids.contains($0.record.id) && !seen.contains($0.record.id) }
        for entry in ended { remove(entry.record.id) }
        for channel in channels where !gone.contains(channel.id) && !seen.contains(channel.id) { put(channel) }
        let bridgeIDs = Set(shown.map(\.id))
        for id in bridges.keys where !bridgeIDs.contains(id) && !seenBridges.contains(id) { setMembers([], of: id) }
        for bridge in shown where !goneBridges.contains(bridge.id) && !seenBridges.contains(bridge.id) {
            show(bridge)
        }
        isSeeded = true
        gone = []
        goneBridges = []
        seen = []
        seenBridges = []
        return ended
    }

    // MARK: Channels

    /// A channel's newest snapshot.
    mutating func put(_ channel: Channel) {
        if !isSeeded { seen.insert(channel.id) }
        var record = self.record(of: channel)
        if !record.unlisted.isEmpty { isComplete = false }
        guard var entry = entries[channel.id] else {
            var entry = Entry(record: record, revision: next())
            // Before the first look at everything, events may tell of a bridge before a channel that is in it.
            if !isSeeded { entry.bridges = bridges.filter { $0.value.contains(channel.id) }.map(\.key) }
            entries[channel.id] = entry
            return
        }
        for (variable, value) in entry.own {
            if record[variable] ?? "" == value { entry.own[variable] = nil } else { record[variable] = value }
        }
        guard entry.record != record else { return }
        let isOther = entry.record.user != record.user || entry.record[.callDirection] != record[.callDirection]
        entry.record = record
        entry.text = nil
        entry.revision = next()
        entries[channel.id] = entry
        if isOther { touchPeers(of: channel.id) }
    }

    private func record(of channel: Channel) -> ChannelRecord {
        var record = ChannelRecord(channel)
        record.dialled = dialled[channel.id]
        return record
    }

    /// A channel is about to be made for a call to a number; `nil`: it is not.
    mutating func expect(_ exten: String?, dialledBy id: ChannelID) {
        // Those whose channels never came are no loss.
        if dialled.count >= Self.mostDialled { dialled = [:] }
        dialled[id] = exten
    }

    /// A variable was set in Asterisk. The snapshot beside it need not show it yet, nor others that were set just
    /// before (seen on Asterisk 22.10: variables that a channel inherits), so all but its variables is taken over.
    mutating func set(_ variable: CallVariable, to value: String, of channel: Channel) {
        guard var entry = entries[channel.id] else {
            put(channel)
            if entries[channel.id] != nil { set(variable, to: value, of: channel) }
            return
        }
        let record = self.record(of: channel).withVariables(of: entry.record)
        if record != entry.record {
            entry.record = record
            entry.text = nil
            entry.revision = next()
        }
        if entry.own[variable] == value { entry.own[variable] = nil }
        store(value, variable, &entry)
    }

    /// We have set a variable, or are about to: until Asterisk shows it, its snapshots count less.
    mutating func setOwn(_ variable: CallVariable, to value: String, of id: ChannelID) {
        guard var entry = entries[id] else { return }
        if entry.record[variable] ?? "" != value { entry.own[variable] = value }
        store(value, variable, &entry)
    }

    /// Asterisk refused what we wanted to set.
    mutating func dropOwn(_ variable: CallVariable, of id: ChannelID) { entries[id]?.own[variable] = nil }

    private mutating func store(_ value: String, _ variable: CallVariable, _ entry: inout Entry) {
        let id = entry.record.id
        let isSame = entry.record[variable] ?? "" == value
        if !isSame {
            entry.record[variable] = value
            entry.text = nil
            entry.revision = next()
        }
        entries[id] = entry
        if !isSame, [.user, .dereferencedUser, .callDirection].contains(variable) { touchPeers(of: id) }
    }

    /// A channel entered or left Stasis.
    mutating func setApplication(_ application: String?, instance: String?, of id: ChannelID) {
        entries[id]?.record.application = application
        entries[id]?.record.applicationInstance = instance
    }

    mutating func remove(_ id: ChannelID) {
        if !isSeeded { gone.insert(id) }
        dialled[id] = nil
        guard let entry = entries.removeValue(forKey: id) else { return }
        for bridge in entry.bridges {
            bridges[bridge]?.removeAll { $0 == id }
            for other in talkers(in: bridge) { touch(other) }
            if bridges[bridge]?.isEmpty == true { bridges[bridge] = nil }
        }
    }

    // MARK: Bridges

    mutating func put(_ bridge: Bridge) {
        if !isSeeded { seenBridges.insert(bridge.id) }
        show(bridge)
    }

    private mutating func show(_ bridge: Bridge) {
        if bridge.isConversation { waitingRooms.remove(bridge.id) } else { waitingRooms.insert(bridge.id) }
        setMembers(bridge.channels, of: bridge.id)
    }

    mutating func removeBridge(_ id: BridgeID) {
        if !isSeeded { goneBridges.insert(id) }
        setMembers([], of: id)
        waitingRooms.remove(id)
    }

    private mutating func setMembers(_ members: [ChannelID], of id: BridgeID) {
        let before = bridges[id] ?? []
        bridges[id] = members.isEmpty ? nil : members
        // A member may have become known after the bridge.
        let unaware = members.filter { entries[$0]?.bridges.contains(id) == false }
        guard before != members || !unaware.isEmpty else { return }
        for channel in Set(before).subtracting(members) {
            entries[channel]?.bridges.removeAll { $0 == id }
            touch(channel)
        }
        for channel in unaware {
            entries[channel]?.bridges.append(id)
            touch(channel)
        }
        for channel in talkers(in: id) { touch(channel) }
    }

    /// Those in a bridge for whom it matters who else is there.
    private func talkers(in bridge: BridgeID) -> [ChannelID] {
        waitingRooms.contains(bridge) ? [] : bridges[bridge] ?? []
    }

    private mutating func touch(_ id: ChannelID) {
        guard entries[id] != nil else { return }
        let revision = next()
        entries[id]?.text = nil
        entries[id]?.revision = revision
    }

    private mutating func touchPeers(of id: ChannelID) {
        for bridge in entries[id]?.bridges ?? [] {
            for other in talkers(in: bridge) where other != id { touch(other) }
        }
    }

    private mutating func next() -> UInt64 {
        revision += 1
        return revision
    }

    // MARK: Reading

    func call(_ id: ChannelID) -> Call? { entries[id].map(call) }

    func call(_ entry: Entry) -> Call {
        var peers: [ChannelID: Call.Peer] = [:]
        for bridge in entry.bridges {
            for other in talkers(in: bridge) where other != entry.record.id {
                peers[other] = entries[other].map { Call.Peer($0.record) } ?? Call.Peer(unknown: other)
            }
        }
        return Call(
            entry.record,
            bridges: entry.bridges,
            peers: peers.values.sorted { $0.id.rawValue < $1.id.rawValue }
        )
    }

    /// Keeps the text of a call unless it has changed meanwhile.
    mutating func keep(_ text: [UInt8], of id: ChannelID, revision: UInt64) {
        if entries[id]?.revision == revision { entries[id]?.text = text }
    }
}
