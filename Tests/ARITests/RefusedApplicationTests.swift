import Core
import Foundation
import Logging
import Synchronization
import TandemLab
import TandemTesting
import Telephony
import Testing

@testable import ARI

/// An Asterisk whose module for the bus registers applications, but for some.
private final class PartialAsterisk: Sendable {
    private struct State {
        var registered: Set<String> = []
        var refused: Set<String>
        var looks = 0
    }
    private let state: Mutex<State>

    init(refusing names: Set<String>) { state = Mutex(State(refused: names)) }

    /// How often the list was read.
    var looks: Int { state.withLock { $0.looks } }
    func refuse(_ names: Set<String>) { state.withLock { $0.refused = names } }

    func answer(_ request: FakeService.Request) -> FakeService.Answer {
        state.withLock { state in
            let name = request.path.split(separator: "/").last.map(String.init) ?? ""
            switch (request.method, request.path) {
            case ("GET", "/ari/applications"):
                state.looks += 1
                return .init(200, .array(state.registered.sorted().map { Self.application($0) }))
            case ("POST", _) where request.path.hasPrefix("/ari/amqp/"):
                if state.refused.contains(name) { return .init(500, ["message": "no"]) }
                state.registered.insert(name)
                return .init(204)
            default: return .init(204)
            }
        }
    }

    private static func application(_ name: String) -> JSONValue {
        [
            "name": .string(name), "channel_ids": [], "bridge_ids": [], "endpoint_ids": [], "device_names": [],
            "events_allowed": [], "events_disallowed": [],
        ]
    }
}

private final class Ear: EventReceiving {
    let told = WitnessLog<String>()
    func wants(_ head: EventHead) -> Bool { false }
    func receive(_ event: AsteriskEvent, head: EventHead) async {}
    func feedConnected() async { await told.append("connected") }
    func feedDisconnected() async { await told.append("disconnected") }
}

@Suite("Stasis applications over the bus that Asterisk refuses", .timeLimit(.minutes(1)))
struct RefusedApplicationTests {
    private func run(
        refusing names: Set<String>,
        _ body: @escaping @Sendable (ARIBusFeed, PartialAsterisk, Ear) async throws -> Void
    ) async throws {
        let asterisk = PartialAsterisk(refusing: names)
        try await FakeService.running({ asterisk.answer($0) }) { service in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let client = ARIClient(
                configuration: ARIConfiguration(
                    baseURL: try #require(URL(string: "http://127.0.0.1:\(service.port)")),
                    username: "u",
                    password: "p"
                ),
                logger: logger
            )
            let ear = Ear()
            let feed = ARIBusFeed(
                client: client,
                applications: ["one", "two", "three"].map { StasisApplication(name: $0) },
                receiver: ear,
                logger: logger
            )
            await feed.busConnected()
            let running = Task { try await feed.run() }
            do { try await body(feed, asterisk, ear) } catch { Issue.record(error) }
            running.cancel()
            _ = await running.result
            await client.shutdown()
        }
    }

    @Test("one that is refused keeps no other from its events, and the connection does not come and go")
    func one() async throws {
        try await run(refusing: ["two"]) { feed, asterisk, ear in
            let first = await ear.told.first(within: .seconds(10)) { $0 == "connected" }
            #expect(first != nil)
            #expect(feed.registered == ["one", "three"])
            #expect(!feed.isConnected, "health tells that one is missing")
            let looks = asterisk.looks
            _ = try await eventually("looks go on") { asterisk.looks >= looks + 3 ? true : nil }
            let told = await ear.told.entries
            #expect(told == ["connected"])
        }
    }

    @Test("one that is taken later is registered, and everybody recovers, since its events were not heard")
    func later() async throws {
        try await run(refusing: ["one"]) { feed, asterisk, ear in
            let first = await ear.told.first(within: .seconds(10)) { $0 == "connected" }
            #expect(first != nil)
            asterisk.refuse([])
            let again = await ear.told.first(from: 1, within: .seconds(10)) { $0 == "connected" }
            #expect(again != nil)
            #expect(feed.isConnected && feed.registered == ["one", "two", "three"])
        }
    }

    @Test("when all are refused there is no feed")
    func all() async throws {
        try await run(refusing: ["one", "two", "three"]) { feed, asterisk, ear in
            _ = try await eventually("looks go on") { asterisk.looks >= 3 ? true : nil }
            let told = await ear.told.entries
            #expect(told.isEmpty && !feed.isConnected)
        }
    }

    @Test("one that appears while others are there and is refused disturbs nobody")
    func late() async throws {
        try await run(refusing: ["four"]) { feed, asterisk, ear in
            _ = try await eventually("all are there") { feed.isConnected ? true : nil }
            await #expect(throws: TelephonyFailure.self) { try await feed.register(StasisApplication(name: "four")) }
            let looks = asterisk.looks
            _ = try await eventually("looks go on") { asterisk.looks >= looks + 3 ? true : nil }
            let told = await ear.told.entries
            #expect(told == ["connected"])
            asterisk.refuse([])
            _ = try await eventually("the fourth is tried again") { feed.registered.contains("four") ? true : nil }
        }
    }
}
