import Core
import Foundation
import Logging
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import ARI

/// Keeps what the feed delivers.
private final class Recorder: EventReceiving {
    private struct State {
        var events: [String] = []
        var connections = 0
        var watchers: [(events: Int, connections: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    var events: [String] { state.withLock { $0.events } }

    func wants(_ head: EventHead) -> Bool { head.type != "ChannelHold" }

    func receive(_ event: AsteriskEvent, head: EventHead) async {
        update { $0.events.append("\(head.type) \(head.channel?.rawValue ?? "-")") }
    }

    func feedConnected() async { update { $0.connections += 1 } }
    func feedDisconnected() async { update { $0.events.append("disconnected") } }

    func wait(events: Int, connections: Int) async {
        await withCheckedContinuation { continuation in
            update { $0.watchers.append((events, connections, continuation)) }
        }
    }

    private func update(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            state.watchers.removeAll { watcher in
                guard state.events.count >= watcher.events, state.connections >= watcher.connections else {
                    return false
                }
                watcher.continuation.resume()
                return true
            }
        }
    }
}

@Suite("ARI event feed", .timeLimit(.minutes(1)))
struct ARIEventFeedTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func event(_ type: String, _ channel: String) -> String {
        #"{"type":"\#(type)","application":"callcontrol","timestamp":"2026-11-23T13:00:00.250+0000","#
            + #""args":[],"channel":{"id":"\#(channel)","name":"PJSIP/x","state":"Up","#
            + #""caller":{"name":"A","number":"1"},"dialplan":{"app_name":"Stasis","app_data":"callcontrol"}}}"#
    }

    private func run(port: Int, recorder: Recorder, _ body: () async throws -> Void) async throws {
        let base = try #require(URL(string: "http://127.0.0.1:\(port)"))
        let configuration = ARIConfiguration(baseURL: base, username: "u", password: "p")
        let client = ARIClient(configuration: configuration, logger: Self.logger)
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: [StasisApplication(name: "callcontrol", sources: ["channel:"])],
            receiver: recorder,
            logger: Self.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run() }
            try await body()
            group.cancelAll()
        }
        await client.shutdown()
    }

    @Test("no frame is lost that comes in one segment with the upgrade's answer")
    func leftOverBytes() async throws {
        let sent = (0..<500).map { event("StasisStart", "\($0).1") }
        let server = try await ScriptedARIServer.start(frames: { _ in sent })
        let recorder = Recorder()
        try await run(port: server.port, recorder: recorder) {
            await recorder.wait(events: 500, connections: 1)
            #expect(recorder.events.prefix(500) == (0..<500).map { "StasisStart \($0).1" }[...])
        }
        try await server.stop()
    }

    @Test("an application that is registered later is tried again until Asterisk takes it; the first failure is told")
    func lateAgain() async throws {
        // The second socket, the late application's, is closed before its upgrade is answered.
        let server = try await ScriptedARIServer.start(frames: { _ in [] }, refuses: { $0 == 1 })
        let recorder = Recorder()
        let base = try #require(URL(string: "http://127.0.0.1:\(server.port)"))
        let configuration = ARIConfiguration(baseURL: base, username: "u", password: "p")
        let client = ARIClient(configuration: configuration, logger: Self.logger)
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: [StasisApplication(name: "callcontrol")],
            receiver: recorder,
            logger: Self.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run() }
            await recorder.wait(events: 0, connections: 1)
            await #expect(throws: TelephonyFailure.self) {
                try await feed.register(StasisApplication(name: "late"))
            }
            try await eventually { feed.registered == ["callcontrol", "late"] }
            #expect(recorder.events == [], "the other applications stay connected")
            group.cancelAll()
        }
        await client.shutdown()
        try await server.stop()
    }

    @Test("equal failures are one line in the log, with the address and what to change")
    func failuresInTheLog() async throws {
        try await FakeService.running({ _ in .init(401, ["message": "m"]) }) { service in
            let lines = Mutex<[String]>([])
            let configuration = ARIConfiguration(
                baseURL: try #require(URL(string: "http://127.0.0.1:\(service.port)")),
                username: "u",
                password: "geheim"
            )
            let logger = Logger(label: "test") { _ in LineRecorder { line in lines.withLock { $0.append(line) } } }
            let client = ARIClient(configuration: configuration, logger: Self.logger)
            let feed = ARIEventFeed(
                configuration: configuration,
                client: client,
                applications: [],
                receiver: Recorder(),
                logger: logger
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed.run() }
                try await eventually { service.requests.count >= 4 }
                group.cancelAll()
            }
            #expect(lines.withLock { $0.count } == 1)
            let line = lines.withLock { $0.first } ?? ""
            #expect(line.contains("refuses the password of u") && line.contains("127.0.0.1:\(service.port)"))
            #expect(!line.contains("geheim"))
            await client.shutdown()
        }
    }

    @Test("it connects again after the peer closed, and says so")
    func reconnects() async throws {
        let frames = [event("StasisStart", "1.1")]
        let server = try await ScriptedARIServer.start(frames: { _ in frames }, closes: { $0 == 0 })
        let recorder = Recorder()
        try await run(port: server.port, recorder: recorder) {
            await recorder.wait(events: 2, connections: 2)
            #expect(recorder.events.contains("disconnected"))
        }
        try await server.stop()
    }

    @Test("an unreadable message is dropped, an unwanted one skipped, the next is delivered")
    func unreadable() async throws {
        let frames = ["{not json", "[]", event("ChannelHold", "1.1"), event("ChannelDestroyed", "1.1")]
        let server = try await ScriptedARIServer.start(frames: { _ in frames })
        let recorder = Recorder()
        try await run(port: server.port, recorder: recorder) {
            await recorder.wait(events: 1, connections: 1)
            #expect(recorder.events == ["ChannelDestroyed 1.1"])
        }
        try await server.stop()
    }
}

@Suite("ARI objects")
struct ARIModelTests {
    @Test("timestamps carry milliseconds and the zone")
    func timestamps() {
        #expect(ARITimestamp.date("1970-01-01T01:00:01.500+0100") == Date(timeIntervalSince1970: 1.5))
        #expect(ARITimestamp.date("1969-12-31T23:30:00.000-0030") == Date(timeIntervalSince1970: 0))
        #expect(ARITimestamp.date("yesterday") == nil)
    }

    @Test("a channel in Stasis shows its application and arguments")
    func stasis() throws {
        let json =
            #"{"id":"1.1","dialplan":{"app_name":"Stasis","app_data":"cc,switchboard,,s1"},"channelvars":{"A":"b"}}"#
        let channel = try Channel(ari: try JSONValue(parsing: Data(json.utf8)))
        #expect(channel.stasis?.application == "cc")
        #expect(channel.stasis?.arguments == ["switchboard", "", "s1"])
        #expect(channel.variables == ["A": "b"])
    }
}
