import Core
import Foundation
import Logging
import TandemTesting
import Telephony
import Testing

@testable import CallControl

@Suite("Lone-channel clean-up", .timeLimit(.minutes(1)))
struct LoneChannelCleanupTests {
    private let asterisk = FakeAsterisk()
    private let cleanup: LoneChannelCleanup
    private let bridge = BridgeID("b1")
    private let lone = ChannelID("1.1")

    init() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        cleanup = LoneChannelCleanup(
            channels: asterisk,
            bridges: asterisk,
            pauses: (.milliseconds(10), .milliseconds(40)),
            logger: logger
        )
    }

    /// Returns once everything that the bridge was looked at for before has been done: a bridge that nobody has, behind it
    /// in the same mailbox, is looked at.
    private func settled(_ bridge: BridgeID) async throws {
        let other = try #require(
            (0...).lazy.map { BridgeID("sentinel-\(bridge)-\($0)") }.first {
                cleanup.lane(of: $0) == cleanup.lane(of: bridge) && !asterisk.requests.contains("bridge \($0)")
            }
        )
        await cleanup.review(other)
        await asterisk.waitForRequest("bridge \(other)")
    }

    private func conversation(kind: Bridge.Kind = .mixing, of ids: [ChannelID]) async throws {
        try await asterisk.createBridge(bridge, kind: kind)
        for id in ids {
            asterisk.put(Channel(id: id, applicationName: "Stasis", applicationData: "callcontrol"))
            try await asterisk.add(id, to: bridge)
        }
    }

    private func left(kind: Bridge.Kind = .mixing, remaining: [ChannelID]) async {
        let gone = Channel(id: ChannelID("1.2"))
        let event = AsteriskEvent(
            .channelLeftBridge(gone, Bridge(id: bridge, kind: kind, channels: remaining)),
            application: "callcontrol",
            timestamp: Date()
        )
        let head = EventHead(type: "ChannelLeftBridge", application: "callcontrol", channel: gone.id, bridge: bridge)
        #expect(cleanup.wants(head))
        await cleanup.receive(event, head: head)
    }

    private func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await cleanup.run() }
            try await body()
            group.cancelAll()
        }
    }

    @Test("the last party is hung up and the bridge destroyed")
    func lastParty() async throws {
        try await conversation(of: [lone])
        try await run {
            await left(remaining: [lone])
            await asterisk.waitForRequest("destroyBridge b1")
            #expect(asterisk.requests.contains("hangUp 1.1"))
        }
    }

    @Test("a party who came in the meantime keeps the conversation")
    func rejoined() async throws {
        try await conversation(of: [lone, ChannelID("1.3")])
        try await run {
            await left(remaining: [lone])
            await cleanup.release(bridge)
            try await settled(bridge)
            #expect(asterisk.requests.count { $0 == "bridge b1" } == 2)
            #expect(!asterisk.requests.contains { $0.hasPrefix("hangUp") || $0.hasPrefix("destroyBridge") })
        }
    }

    @Test("a claimed bridge is left alone until it is released, then looked at")
    func claimed() async throws {
        try await conversation(of: [lone])
        try await run {
            cleanup.claim(bridge)
            await left(remaining: [lone])
            try await settled(bridge)
            #expect(!asterisk.requests.contains("bridge b1") && !asterisk.requests.contains("hangUp 1.1"))
            await cleanup.release(bridge)
            await asterisk.waitForRequest("hangUp 1.1")
        }
    }

    @Test("when both leave at once the bridge is destroyed, but never somebody else's empty one")
    func empty() async throws {
        try await conversation(of: [])
        try await run {
            await left(remaining: [])
            cleanup.claim(BridgeID("b2"))
            try await asterisk.createBridge(BridgeID("b2"), kind: .mixing)
            await cleanup.release(BridgeID("b2"))
            await asterisk.waitForRequest("destroyBridge b2")
            try await settled(bridge)
            #expect(asterisk.requests.contains("bridge b1"))
            #expect(!asterisk.requests.contains("destroyBridge b1"))
        }
    }

    @Test("callers in a holding bridge are no lone channels")
    func holding() async throws {
        try await conversation(kind: .holding, of: [lone])
        try await run {
            await left(kind: .holding, remaining: [lone])
            await cleanup.release(bridge)
            try await settled(bridge)
            #expect(asterisk.requests.contains("bridge b1"))
            #expect(!asterisk.requests.contains("hangUp 1.1"))
        }
    }

    @Test("after a gap, a lone party of ours is hung up, one of another application is not")
    func recovery() async throws {
        try await conversation(of: [lone])
        try await asterisk.createBridge(BridgeID("b2"), kind: .mixing)
        asterisk.put(Channel(id: ChannelID("9.9"), applicationName: "Stasis", applicationData: "theirs"))
        try await asterisk.add(ChannelID("9.9"), to: BridgeID("b2"))
        // An earlier process was killed before it could destroy the first of these.
        try await asterisk.createBridge(BridgeID("b3"), kind: .mixing, name: LoneChannelCleanup.conversation)
        try await asterisk.createBridge(BridgeID("b4"), kind: .mixing)
        try await asterisk.createBridge(BridgeID("b5"), kind: .mixing, name: "relocate:b5")
        try await run {
            let snapshot = AsteriskSnapshot(
                channels: try await asterisk.channels(),
                bridges: try await asterisk.bridges()
            )
            try await cleanup.recover(from: snapshot)
            await asterisk.waitForRequest("destroyBridge b1")
            await asterisk.waitForRequest("destroyBridge b3")
            await asterisk.waitForRequest("destroyBridge b5")
            for other in ["b2", "b4"] { try await settled(BridgeID(other)) }
            #expect(!asterisk.requests.contains("hangUp 9.9"))
            #expect(!asterisk.requests.contains("destroyBridge b4"))
        }
    }

    @Test("Asterisk refuses the hang-up: the others are cleaned up, and it is tried until it is done")
    func refused() async throws {
        try await conversation(of: [lone])
        let other = ChannelID("2.1")
        asterisk.put(Channel(id: other, applicationName: "Stasis", applicationData: "callcontrol"))
        try await asterisk.createBridge(BridgeID("b2"), kind: .mixing)
        try await asterisk.add(other, to: BridgeID("b2"))
        asterisk.fail("hangUp 1.1", with: .internalError("no"))
        try await run {
            await left(remaining: [lone])
            await asterisk.waitForRequest("hangUp 1.1")
            await cleanup.review(BridgeID("b2"))
            await asterisk.waitForRequest("destroyBridge b2")
            await asterisk.waitForRequest("hangUp 1.1", times: 3)
            #expect(!asterisk.requests.contains("destroyBridge b1"), "the party would sit in silence")
            asterisk.fail("hangUp 1.1", with: nil)
            await asterisk.waitForRequest("destroyBridge b1")
        }
    }

    @Test("Asterisk is away while many are left alone: all are hung up once it is back, each once")
    func away() async throws {
        let bridges = (0..<20).map { BridgeID("many-\($0)") }
        for bridge in bridges {
            let party = ChannelID("party-\(bridge)")
            asterisk.put(Channel(id: party, applicationName: "Stasis", applicationData: "callcontrol"))
            try await asterisk.createBridge(bridge, kind: .mixing)
            try await asterisk.add(party, to: bridge)
        }
        asterisk.setOutage(.unreachable("gone"))
        try await run {
            for bridge in bridges { await cleanup.review(bridge) }
            await asterisk.waitForRequest("bridge many-19", times: 2)
            asterisk.setOutage(nil)
            for bridge in bridges { await asterisk.waitForRequest("destroyBridge \(bridge)") }
            for bridge in bridges { try await settled(bridge) }
            #expect(asterisk.requests.count { $0.hasPrefix("hangUp") } == bridges.count)
        }
    }

    @Test("the answer to the destruction is lost: the bridge is looked at again, found gone, and forgotten")
    func lostAnswer() async throws {
        try await conversation(of: [lone])
        asterisk.loseAnswer("destroyBridge b1")
        try await run {
            await left(remaining: [lone])
            await asterisk.waitForRequest("bridge b1", times: 2)
            try await settled(bridge)
            #expect(asterisk.requests.count { $0 == "destroyBridge b1" } == 1)
            #expect(asterisk.requests.count { $0 == "hangUp 1.1" } == 1)
        }
    }

    @Test("a bridge that was claimed while its clean-up had failed is left to whoever claimed it")
    func claimedAfterFailure() async throws {
        try await conversation(of: [lone])
        asterisk.fail("hangUp 1.1", with: .internalError("no"))
        try await run {
            await left(remaining: [lone])
            await asterisk.waitForRequest("hangUp 1.1")
            cleanup.claim(bridge)
            try await settled(bridge)
            asterisk.fail("hangUp 1.1", with: nil)
            await cleanup.review(bridge)
            try await settled(bridge)
            #expect(asterisk.members(of: bridge) == [lone])
        }
    }
}
