import Foundation
import Logging
import TandemLab
import Telephony
import Testing

@testable import ARI

/// Applications that are deregistered while others on the same socket go on.
@Suite(
    "Stasis applications that are deregistered",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct DepartedApplicationTests {
    private final class Ear: EventReceiving {
        let heard = WitnessLog<String>()
        func wants(_ head: EventHead) -> Bool { head.type == "StasisStart" }
        func receive(_ event: AsteriskEvent, head: EventHead) async { await heard.append(head.application) }
        func feedConnected() async { await heard.append("connected") }
        func feedDisconnected() async { await heard.append("disconnected") }
    }

    private struct Stage: Sendable {
        let client: ARIClient
        let feed: ARIEventFeed
        let ear: Ear
        let names: [String]

        /// Names that Asterisk has, of ours.
        func listed() async throws -> Set<String> {
            Set(try await client.applications().map(\.name)).intersection(names + ["\(names[0])-late"])
        }

        func enter(_ application: String) async throws -> ChannelID {
            let channel = ChannelID(UUID().uuidString)
            try await client.originate(
                Origination(channel: channel, endpoint: "Local/401@lab", application: application, arguments: [])
            )
            return channel
        }
    }

    private func run(_ body: (Stage) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try lab.ari()
        let client = ARIClient(configuration: configuration, logger: logger)
        let names = (0..<3).map { "departs-\($0)-\(UUID().uuidString)" }
        let ear = Ear()
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: names.map { StasisApplication(name: $0, isLasting: false) },
            receiver: ear,
            logger: logger
        )
        let running = Task { try await feed.run() }
        do {
            _ = try await eventually("all are registered") { feed.isConnected ? true : nil }
            try await body(Stage(client: client, feed: feed, ear: ear, names: names))
        } catch {
            Issue.record(error)
        }
        running.cancel()
        _ = await running.result
        await client.shutdown()
        try await ARIWitness(lab).hangUpAll()
    }

    @Test("one of a shared socket leaves Asterisk, and the others hear on, without a reconnection")
    func shared() async throws {
        try await run { stage in
            try await stage.feed.deregister(stage.names[1])
            _ = try await eventually("it is gone") {
                try await stage.listed() == [stage.names[0], stage.names[2]] ? true : nil
            }
            #expect(stage.feed.isConnected && stage.feed.registered == [stage.names[0], stage.names[2]])
            let channel = try await stage.enter(stage.names[2])
            let heard = await stage.ear.heard.first(within: .seconds(10)) { $0 == stage.names[2] }
            #expect(heard != nil)
            let all = await stage.ear.heard.entries
            #expect(all == ["connected", stage.names[2]])
            try await stage.client.hangUp(channel)
        }
    }

    @Test("one that listens to a bridge, and one that has a channel, leave too: the second once the channel is gone")
    func occupied() async throws {
        try await run { stage in
            let bridge = BridgeID("\(stage.names[0])-bridge")
            try await stage.client.createBridge(bridge, kind: .mixing)
            try await stage.client.subscribe(stage.names[0], to: ["bridge:\(bridge)"])
            let channel = try await stage.enter(stage.names[1])
            _ = await stage.ear.heard.first(within: .seconds(10)) { $0 == stage.names[1] }
            for name in stage.names.prefix(2) { try await stage.feed.deregister(name) }
            _ = try await eventually("the first is gone") {
                try await stage.listed().contains(stage.names[0]) ? nil : true
            }
            try await stage.client.hangUp(channel)
            _ = try await eventually("the second is gone") { try await stage.listed() == [stage.names[2]] ? true : nil }
            try await stage.client.destroyBridge(bridge)
        }
    }

    @Test("one with a socket of its own leaves; one that comes back is registered, and hears")
    func comesBack() async throws {
        try await run { stage in
            let late = StasisApplication(name: "\(stage.names[0])-late", isLasting: false)
            try await stage.feed.register(late)
            #expect(try await stage.listed().contains(late.name))
            try await stage.feed.deregister(late.name)
            _ = try await eventually("it is gone") { try await stage.listed().contains(late.name) ? nil : true }
            let again = StasisApplication(name: stage.names[1], isLasting: false)
            try await stage.feed.deregister(again.name)
            _ = try await eventually("it is gone") { try await stage.listed().contains(again.name) ? nil : true }
            try await stage.feed.register(again)
            let channel = try await stage.enter(again.name)
            let heard = await stage.ear.heard.first(within: .seconds(10)) { $0 == again.name }
            #expect(heard != nil && stage.feed.isConnected)
            try await stage.client.hangUp(channel)
        }
    }
}
