import CallControl
import Core
import Foundation
import Logging
import Synchronization
import TandemTesting
import Telephony
import Testing

@Suite("Call registry", .timeLimit(.minutes(1)))
struct CallRegistryTests {
    /// `make soak`: many more random orders.
    private static let isSoak = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == "1"
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let asterisk = FakeAsterisk()
    private let registry: CallRegistry

    init() {
        registry = CallRegistry(channels: asterisk, bridges: asterisk, logger: Self.silent)
    }

    /// A channel whose snapshot lists every variable.
    static func channel(_ id: String, _ variables: [String: String] = [:], state: String = "Up") -> Channel {
        var all = Dictionary(uniqueKeysWithValues: CallVariable.allCases.map { ($0.name, "") })
        all.merge(variables) { $1 }
        return Channel(id: ChannelID(id), name: "PJSIP/\(id)-1", state: state, variables: all)
    }

    private func happen(_ kind: AsteriskEvent.Kind, _ type: String, _ id: String?, variable: String? = nil) async {
        var head = EventHead(type: type, application: CallRegistry.applicationName, channel: id.map(ChannelID.init(_:)))
        head.variable = variable
        guard registry.wants(head) else { return }
        await registry.receive(AsteriskEvent(kind, application: "tandem-calls", timestamp: Date()), head: head)
    }

    private func created(_ channel: Channel) async {
        await happen(.channelCreated(channel), "ChannelCreated", channel.id.rawValue)
    }

    private func set(_ name: String, _ value: String, _ channel: Channel) async {
        await happen(
            .channelVariableSet(channel, name: name, value: value),
            "ChannelVarset",
            channel.id.rawValue,
            variable: name
        )
    }

    private func enter(
        _ channel: Channel,
        _ bridge: String,
        _ members: String...,
        kind: Bridge.Kind = .mixing
    ) async {
        let shown = Bridge(id: BridgeID(bridge), kind: kind, channels: members.map(ChannelID.init(_:)))
        await happen(.channelEnteredBridge(channel, shown), "ChannelEnteredBridge", channel.id.rawValue)
    }

    private func seed() async throws {
        try await registry.recover(
            from: AsteriskSnapshot(channels: try await asterisk.channels(), bridges: try await asterisk.bridges())
        )
    }

    private func connect() async throws {
        await registry.feedConnected()
        try await seed()
    }

    @Test("it is current from the first look after a connection until the connection is lost")
    func current() async throws {
        #expect(!registry.isCurrent)
        await registry.feedConnected()
        #expect(!registry.isCurrent)
        try await seed()
        #expect(registry.isCurrent)
        await registry.feedDisconnected()
        #expect(!registry.isCurrent)
    }

    @Test("a site whose ari.conf lists too few variables is never current")
    func incomplete() async throws {
        asterisk.put(Channel(id: ChannelID("1")))
        try await connect()
        #expect(!registry.isCurrent)
    }

    @Test("a snapshot that is older than events takes nothing back")
    func olderSnapshot() async throws {
        asterisk.put(Self.channel("old", state: "Ring"))
        asterisk.put(Self.channel("ended"))
        let shown = AsteriskSnapshot(
            channels: try await asterisk.channels(),
            bridges: [Bridge(id: BridgeID("b"), kind: .mixing, channels: [ChannelID("ended"), ChannelID("old")])]
        )
        await registry.feedConnected()
        await created(Self.channel("new"))
        await happen(.channelStateChange(Self.channel("old", state: "Up")), "ChannelStateChange", "old")
        await happen(.channelDestroyed(Self.channel("ended"), cause: 16), "ChannelDestroyed", "ended")
        await happen(.bridgeDestroyed(Bridge(id: BridgeID("b"), kind: .mixing, channels: [])), "BridgeDestroyed", nil)
        try await registry.recover(from: shown)
        #expect(registry.call(ChannelID("old"))?.record.state == "Up")
        #expect(registry.call(ChannelID("old"))?.bridges == [])
        #expect(registry.call(ChannelID("new")) != nil)
        #expect(registry.call(ChannelID("ended")) == nil)
        #expect(registry.count == 2 && registry.bridgeCount == 0)
    }

    @Test("those who wait in a holding bridge talk with nobody, and who comes changes nothing for the others")
    func holding() async throws {
        try await connect()
        for id in ["1", "2"] { await created(Self.channel(id)) }
        await enter(Self.channel("1"), "queue", "1", kind: .holding)
        let alone = registry.call(ChannelID("1"))
        await enter(Self.channel("2"), "queue", "1", "2", kind: .holding)
        #expect(alone?.bridges == [BridgeID("queue")])
        #expect(registry.call(ChannelID("1")) == alone)
        #expect(registry.call(ChannelID("2"))?.bridges == [BridgeID("queue")])
        #expect(registry.call(ChannelID("2"))?.peers == [])
        await enter(Self.channel("2"), "talk", "2")
        await enter(Self.channel("1"), "talk", "2", "1")
        #expect(registry.call(ChannelID("1"))?.peers.map(\.id) == [ChannelID("2")])
    }

    @Test("calls that end while nobody listens are told of at the next look")
    func vanished() async throws {
        let told = LockedList()
        registry.whenVanished { told.append($0.map(\.id.rawValue)) }
        asterisk.put(Self.channel("1"))
        asterisk.put(Self.channel("2"))
        try await connect()
        await registry.feedDisconnected()
        asterisk.remove(ChannelID("1"))
        try await connect()
        #expect(told.all == ["1"])
        #expect(registry.count == 1)
    }

    @Test(
        "a variable counts from its event on, although snapshots show it late; underscores are Asterisk's"
    )
    func variables() async throws {
        try await connect()
        let channel = Self.channel("1")
        await created(channel)
        await set("__WAZO_TENANT_UUID", "t1", channel)
        await set("WAZO_ENTRY_EXTEN", #"O\'Hara"#, channel)
        await set("WAZO_DSTNUM", "1", channel)
        let record = try #require(registry.record(channel.id))
        #expect(record.tenant?.rawValue == "t1")
        #expect(record[.entryExtension] == #"O\'Hara"#, "nothing is escaped here")
        await happen(.channelStateChange(Self.channel("1", ["WAZO_USERUUID": "u"])), "ChannelStateChange", "1")
        #expect(registry.record(channel.id)?.tenant == nil, "a later snapshot is the whole truth")
    }

    @Test("what we set ourselves counts until Asterisk shows it, or refuses it")
    func ownValues() async throws {
        try await connect()
        let channel = Self.channel("1")
        await created(channel)
        registry.note(.answerTime, "now", of: channel.id)
        await happen(.channelCallerID(channel), "ChannelCallerId", "1")
        #expect(registry.record(channel.id)?[.answerTime] == "now")
        await set("WAZO_ANSWER_TIME", "now", channel)
        await happen(.channelCallerID(channel), "ChannelCallerId", "1")
        #expect(registry.record(channel.id)?[.answerTime] == nil, "shown once, Asterisk's own counts")
        registry.note(.isMuted, "1", of: channel.id)
        registry.retract(.isMuted, of: channel.id)
        await happen(.channelCallerID(channel), "ChannelCallerId", "1")
        #expect(registry.record(channel.id)?[.isMuted] == nil)
    }

    @Test("texts are those of the calls: a peer's new user, a bridge or an end changes who talks to whom")
    func texts() async throws {
        try await connect()
        let first = Self.channel("1", ["WAZO_USERUUID": "u1"])
        let second = Self.channel("2", ["WAZO_USERUUID": "u2"])
        await created(first)
        await created(second)
        try expectTexts()
        await enter(first, "b", "1")
        await enter(second, "b", "1", "2")
        try expectTexts()
        await set("WAZO_USERUUID", "u3", second)
        try expectTexts()
        #expect(registry.call(first.id)?.peers == [Call.Peer(try #require(registry.record(second.id)))])
        await happen(.channelDestroyed(second, cause: 16), "ChannelDestroyed", "2")
        try expectTexts()
        #expect(registry.call(first.id)?.peers == [])
        await happen(.channelDestroyed(first, cause: 16), "ChannelDestroyed", "1")
        #expect(registry.count == 0 && registry.bridgeCount == 0)
    }

    /// Kept texts, twice, and what the calls give anew.
    private func expectTexts() throws {
        let once = registry.texts { _ in true }
        #expect(once == registry.texts { _ in true })
        let calls = ["1", "2"].compactMap { registry.call(ChannelID($0)) }
        #expect(Set(once) == Set(calls.map { Array($0.json.text.utf8) }))
    }

    @Test("the self-check finds and heals what differs for more than a moment; steps of the dialplan do not count")
    func drift() async throws {
        asterisk.put(Self.channel("1"))
        asterisk.put(Self.channel("2"))
        try await connect()
        var moved = Self.channel("1")
        moved.place = DialplanPlace(context: "elsewhere", exten: "s")
        asterisk.put(moved)
        #expect(await registry.check() == 0)
        asterisk.put(Self.channel("2", state: "Ringing"))
        asterisk.put(Self.channel("3"))
        try await asterisk.createBridge(BridgeID("b"), kind: .mixing)
        try await asterisk.add([ChannelID("1")], to: BridgeID("b"), as: BridgeEntry())
        #expect(await registry.check() == 3)
        #expect(await registry.check() == 0)
        #expect(registry.call(ChannelID("1"))?.bridges == [BridgeID("b")])
        asterisk.remove(ChannelID("1"))
        #expect(await registry.check() == 1)
        #expect(registry.count == 2)
        asterisk.setOutage(.unreachable("gone"))
        #expect(await registry.check() == nil)
    }

    @Test("the self-check brings two who met, and one who left them, to where they are; who vanished is told of")
    func healsBridges() async throws {
        try await connect()
        let vanished = Mutex<[ChannelID]>([])
        registry.whenVanished { calls in vanished.withLock { $0 += calls.map(\.id) } }
        let bridge = BridgeID("b")
        let ids = ["1", "2", "3"].map { ChannelID($0) }
        for id in ids { asterisk.put(Self.channel(id.rawValue)) }
        try await asterisk.createBridge(bridge, kind: .mixing)
        try await asterisk.add(ids, to: bridge, as: BridgeEntry())
        #expect(await registry.check() == 3)
        #expect(await registry.check() == 0)
        for id in ids { #expect(registry.call(id)?.peers.map(\.id) == ids.filter { $0 != id }) }
        try await asterisk.remove(ids[2], from: bridge)
        #expect(await registry.check() ?? 0 > 0)
        #expect(await registry.check() == 0)
        #expect(registry.call(ids[2])?.bridges == [] && registry.channels(in: bridge) == [ids[0], ids[1]])
        #expect(registry.call(ids[0])?.peers.map(\.id) == [ids[1]])
        asterisk.remove(ids[1])
        #expect(await registry.check() ?? 0 > 0)
        #expect(await registry.check() == 0)
        #expect(vanished.withLock { $0 } == [ids[1]] && registry.call(ids[0])?.peers == [])
    }

    @Test(
        "whatever happens in whatever order, it shows what Asterisk has, and is empty at the end",
        arguments: 0..<(Self.isSoak ? 2_000 : 10)
    )
    func anyOrder(_ seed: Int) async throws {
        var dice = SeededGenerator(seed: UInt64(seed))
        try await connect()
        var channels: [String: Channel] = [:]
        var bridges: [String: [ChannelID]] = [:]
        for step in 0..<60 {
            let id = "\(Int.random(in: 0..<6, using: &dice))"
            let bridge = "b\(Int.random(in: 0..<3, using: &dice))"
            let known = channels[id]
            switch (Int.random(in: 0..<6, using: &dice), known) {
            case (0, nil):
                channels[id] = Self.channel(id)
                await created(Self.channel(id))
            case (1, let channel?):
                var changed = channel
                changed.variables["WAZO_USERUUID"] = "u\(step)"
                channels[id] = changed
                await set("WAZO_USERUUID", "u\(step)", changed)
            case (2, let channel?) where !bridges.values.joined().contains(channel.id):
                bridges[bridge, default: []].append(channel.id)
                let shown = Bridge(id: BridgeID(bridge), kind: .mixing, channels: bridges[bridge] ?? [])
                await happen(.channelEnteredBridge(channel, shown), "ChannelEnteredBridge", id)
            case (3, let channel?):
                for (name, members) in bridges where members.contains(channel.id) {
                    bridges[name]?.removeAll { $0 == channel.id }
                    let shown = Bridge(id: BridgeID(name), kind: .mixing, channels: bridges[name] ?? [])
                    await happen(.channelLeftBridge(channel, shown), "ChannelLeftBridge", id)
                }
            case (4, let channel?):
                channels[id] = nil
                for name in bridges.keys { bridges[name]?.removeAll { $0 == channel.id } }
                await happen(.channelDestroyed(channel, cause: 16), "ChannelDestroyed", id)
            case (5, let channel?):
                await happen(.channelStateChange(channel), "ChannelStateChange", id)
            default: break
            }
            _ = registry.texts { _ in Bool.random(using: &dice) }
            guard step % 4 == 0 else { continue }
            #expect(registry.count == channels.count)
            for channel in channels.values {
                let call = try #require(registry.call(channel.id))
                let peers = Set(bridges.values.filter { $0.contains(channel.id) }.joined()).subtracting([channel.id])
                #expect(Set(call.peers.map(\.id)) == peers)
                #expect(call.record == ChannelRecord(channel))
            }
            let texts = registry.texts { _ in true }
            let calls = channels.keys.compactMap { registry.call(ChannelID($0)) }
            #expect(Set(texts) == Set(calls.map { Array($0.json.text.utf8) }))
        }
        for channel in channels.values {
            await happen(.channelDestroyed(channel, cause: 16), "ChannelDestroyed", channel.id.rawValue)
        }
        #expect(registry.count == 0 && registry.bridgeCount == 0)
    }
}
