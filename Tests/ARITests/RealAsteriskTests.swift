import Foundation
import Logging
import Synchronization
import TandemLab
import Telephony
import Testing

@testable import ARI

/// Collects the channels that enter the test's own Stasis application.
private final class Arrivals: EventReceiving {
    private let stream: AsyncStream<AsteriskEvent>
    private let continuation: AsyncStream<AsteriskEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64)) }

    func wants(_ head: EventHead) -> Bool { head.type == "StasisStart" || head.type == "ChannelDestroyed" }
    func receive(_ event: AsteriskEvent, head: EventHead) async { continuation.yield(event) }
    func feedConnected() async {
        continuation.yield(AsteriskEvent(.other("connected"), application: "", timestamp: Date()))
    }
    func feedDisconnected() async {}

    /// The first event that `predicate` accepts; what comes before is passed over.
    func first(_ predicate: (AsteriskEvent.Kind) -> Bool) async -> AsteriskEvent? {
        for await event in stream where predicate(event.kind) { return event }
        return nil
    }
}

@Suite(
    "ARI of the real Asterisk",
    .serialized,
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RealAsteriskTests {
    private static let application = "adapter-test"

    private func run(_ body: (ARIClient, Arrivals) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try lab.ari()
        let client = ARIClient(configuration: configuration, logger: logger)
        let arrivals = Arrivals()
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: [StasisApplication(name: Self.application, sources: ["channel:"])],
            receiver: arrivals,
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run() }
            _ = await arrivals.first { $0 == .other("connected") }
            try await body(client, arrivals)
            group.cancelAll()
        }
        await client.shutdown()
    }

    @Test("before the feed has connected once, requests say that ARI is not initialized")
    func notInitialized() async throws {
        let base = try #require(URL(string: "http://127.0.0.1:9"))
        let client = ARIClient(
            configuration: ARIConfiguration(baseURL: base, username: "u", password: "p"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        await #expect(throws: TelephonyFailure.notInitialized) { try await client.channels() }
        await client.shutdown()
    }

    @Test("a bridge is made once, however often it is asked for, and destroyed likewise")
    func bridges() async throws {
        try await run { ari, _ in
            let id = BridgeID("adapter-test-\(UUID().uuidString)")
            try await ari.createBridge(id, kind: .holding)
            try await ari.createBridge(id, kind: .holding)
            try await ari.startMusic(in: id, musicClass: nil)
            let made = try await ari.bridge(id)
            #expect(made?.kind == .holding)
            #expect(made?.bridgeClass == "stasis")
            #expect(made?.channels == [])
            try await ari.destroyBridge(id)
            try await ari.destroyBridge(id)
            let gone = try await ari.bridge(id)
            #expect(gone == nil)
        }
    }

    @Test("what is not there is not found, what cannot be dialled is refused")
    func absent() async throws {
        try await run { ari, _ in
            let nobody = ChannelID("adapter-test-nobody")
            let channel = try await ari.channel(nobody)
            #expect(channel == nil)
            await #expect(throws: TelephonyFailure.self) { try await ari.hangUp(nobody) }
            await #expect(throws: TelephonyFailure.self) { try await ari.variable("X", of: nobody) }
            let call = Origination(
                channel: nobody,
                endpoint: "PJSIP/nobody-has-this",
                application: Self.application,
                arguments: []
            )
            await #expect(throws: TelephonyFailure.self) { try await ari.originate(call) }
        }
    }

    @Test(
        "name and number of a caller id stay apart, whatever the name says",
        arguments: [
            ("Bob <0900>", "", "Bob <0900>"), ("Bob <0900>", "1001", "Bob <0900>"),
            (#"A "B" \ C"#, "1001", #"A "B" \ C"#),
            ("", "1001", ""), ("<0900>", "", "<0900>"), ("Alice\r\nX-Evil: yes", "10\n01", "AliceX-Evil: yes"),
        ]
    )
    func callerIDs(_ name: String, _ number: String, _ shown: String) async throws {
        try await run { ari, arrivals in
            let id = ChannelID("adapter-test-\(UUID().uuidString)")
            try await ari.originate(
                Origination(
                    channel: id,
                    endpoint: "Local/401@lab",
                    application: Self.application,
                    arguments: [],
                    callerID: CallerIDText.text(name: name, number: number)
                )
            )
            let event = await arrivals.first { kind in
                if case .stasisStart(let channel, _, _) = kind { return channel.id == id }
                return false
            }
            #expect(event != nil)
            // Who is called sees the caller's id as that of the connected line, or as the caller's.
            let caller = try await ari.variable("CALLERID(num)", of: id) ?? ""
            let connected = try await ari.variable("CONNECTEDLINE(num)", of: id) ?? ""
            let plain = CallerIDText.plain(number)
            #expect([caller, connected].allSatisfy { $0.isEmpty || $0 == plain }, "\(caller) \(connected)")
            let names = [
                try await ari.variable("CALLERID(name)", of: id) ?? "",
                try await ari.variable("CONNECTEDLINE(name)", of: id) ?? "",
            ]
            #expect(shown.isEmpty || names.contains(shown), "\(names)")
            try await ari.hangUp(id)
        }
    }

    @Test("a channel of our id arrives with its arguments, takes variables, and its end is told")
    func channel() async throws {
        try await run { ari, arrivals in
            let id = ChannelID("adapter-test-\(UUID().uuidString)")
            try await ari.originate(
                Origination(
                    channel: id,
                    endpoint: "Local/401@lab",
                    application: Self.application,
                    arguments: ["one", "two"],
                    callerID: "\"A \\\"B\\\"\" <555>",
                    variables: ["FIRST": "a b&c=d?é"]
                )
            )
            let event = await arrivals.first { kind in
                if case .stasisStart(let channel, _, _) = kind { return channel.id == id }
                return false
            }
            guard case .stasisStart(_, let arguments, nil) = event?.kind else {
                Issue.record("no StasisStart: \(String(describing: event))")
                return
            }
            #expect(arguments == ["one", "two"])
            let first = try await ari.variable("FIRST", of: id)
            #expect(first == "a b&c=d?é")
            try await ari.setVariable("SECOND", to: "100% \"x\" + y", of: id)
            let second = try await ari.variable("SECOND", of: id)
            #expect(second == "100% \"x\" + y")
            let unset = try await ari.variable("THIRD", of: id)
            let unreadable = try await ari.variable("CHANNEL(pjsip,call-id)", of: id)
            #expect(unset == nil && unreadable == nil)
            let shown = try await ari.channel(id)
            #expect(shown?.stasis?.application == Self.application)
            #expect(shown?.stasis?.arguments == ["one", "two"])
            try await ari.hangUp(id)
            let end = await arrivals.first { kind in
                if case .channelDestroyed(let channel, _) = kind { return channel.id == id }
                return false
            }
            #expect(end != nil)
        }
    }
}
