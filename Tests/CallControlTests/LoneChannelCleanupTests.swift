import CallControl
import Core
import Foundation
import Logging
import TandemTesting
import Telephony
import Testing

@Suite("Lone-channel clean-up", .timeLimit(.minutes(1)))
struct LoneChannelCleanupTests {
    private let asterisk = FakeAsterisk()
    private let cleanup: LoneChannelCleanup
    private let bridge = BridgeID("b1")
    private let lone = ChannelID("1.1")

    init() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        cleanup = LoneChannelCleanup(channels: asterisk, bridges: asterisk, logger: logger)
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
            await asterisk.waitForRequest("bridge b1")
            await cleanup.release(bridge)
            #expect(!asterisk.requests.contains("hangUp 1.1"))
        }
    }

    @Test("a claimed bridge is left alone until it is released, then looked at")
    func claimed() async throws {
        try await conversation(of: [lone])
        try await run {
            cleanup.claim(bridge)
            await left(remaining: [lone])
            #expect(!asterisk.requests.contains("hangUp 1.1"))
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
            await asterisk.waitForRequest("bridge b1")
            #expect(!asterisk.requests.contains("destroyBridge b1"))
        }
    }

    @Test("callers in a holding bridge are no lone channels")
    func holding() async throws {
        try await conversation(kind: .holding, of: [lone])
        try await run {
            await left(kind: .holding, remaining: [lone])
            await cleanup.release(bridge)
            await asterisk.waitForRequest("bridge b1")
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
        try await run {
            let snapshot = AsteriskSnapshot(
                channels: try await asterisk.channels(),
                bridges: try await asterisk.bridges()
            )
            try await cleanup.recover(from: snapshot)
            await asterisk.waitForRequest("destroyBridge b1")
            await asterisk.waitForRequest("destroyBridge b3")
            #expect(!asterisk.requests.contains("hangUp 9.9"))
            #expect(!asterisk.requests.contains("destroyBridge b4"))
        }
    }
}
