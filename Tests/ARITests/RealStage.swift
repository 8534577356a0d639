import Foundation
import Logging
import TandemLab
import Telephony
import Testing

@testable import ARI

extension LabEnvironment {
    /// Asterisk's REST interface, or a relay in front of it.
    func ari(port: Int? = nil) throws -> ARIConfiguration {
        ARIConfiguration(
            baseURL: try #require(URL(string: "http://127.0.0.1:\(port ?? httpPort)")),
            username: "tandem",
            password: "tandem"
        )
    }
}

/// Keeps every event of a feed.
private final class EventJournal: EventReceiving {
    private let events: WitnessLog<AsteriskEvent>
    init(_ events: WitnessLog<AsteriskEvent>) { self.events = events }

    func wants(_ head: EventHead) -> Bool { true }
    func receive(_ event: AsteriskEvent, head: EventHead) async { await events.append(event) }
    func feedConnected() async {
        await events.append(AsteriskEvent(.other("connected"), application: "", timestamp: Date()))
    }
    func feedDisconnected() async {}
}

/// A Stasis application of a test's own in the lab's Asterisk, which hears of everything.
struct RealStage: Sendable {
    let lab: LabEnvironment
    let ari: ARIClient
    let application: String
    let events: WitnessLog<AsteriskEvent>

    /// Runs `body` while the feed is connected.
    static func run(_ body: (RealStage) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try lab.ari()
        let stage = RealStage(
            lab: lab,
            ari: ARIClient(configuration: configuration, logger: logger),
            application: "requests-\(UInt32.random(in: 0...UInt32.max))",
            events: WitnessLog()
        )
        let feed = ARIEventFeed(
            configuration: configuration,
            client: stage.ari,
            applications: [
                StasisApplication(name: stage.application, sources: ["channel:", "bridge:", "endpoint:PJSIP"])
            ],
            receiver: EventJournal(stage.events),
            logger: logger
        )
        let running = Task { try await feed.run() }
        do {
            _ = try await stage.event("the connection") { if case .other("connected") = $0 { true } else { nil } }
            // The feed asks Asterisk to keep some to itself; here each is looked at.
            try await stage.ari.disallow([], in: stage.application)
            try await body(stage)
        } catch {
            Issue.record(error)
        }
        for channel in (try? await stage.ari.channels()) ?? []
        where channel.id.rawValue.hasPrefix(stage.application) || channel.stasis?.application == stage.application {
            try? await stage.ari.hangUp(channel.id)
        }
        running.cancel()
        _ = await running.result
        await stage.ari.shutdown()
    }

    /// The first event from which `read` gets something.
    @discardableResult
    func event<Value: Sendable>(
        _ what: String,
        from start: Int = 0,
        _ read: @escaping @Sendable (AsteriskEvent.Kind) -> Value?
    ) async throws -> Value {
        let found = await events.first(from: start, within: .seconds(10)) { read($0.kind) != nil }
        guard let value = found.flatMap({ read($0.kind) }) else {
            let heard = await events.entries.map { String("\($0.kind)".prefix(60)) }
            throw LabFailure.tooLate("no \(what); heard: \(heard)")
        }
        return value
    }

    var position: Int { get async { await events.entries.count } }

    func newID(_ name: String = "channel") -> ChannelID {
        ChannelID("\(application)-\(name)-\(UInt32.random(in: 0...UInt32.max))")
    }

    /// A Local channel that has entered the application; its other half is at the extension of context `lab`.
    func enter(_ exten: String = "401", arguments: [String] = []) async throws -> ChannelID {
        let id = newID()
        try await ari.originate(
            Origination(
                channel: id,
                endpoint: DialString(stored: "Local/\(exten)@lab/n"),
                application: application,
                arguments: arguments
            )
        )
        try await arrival(of: id)
        return id
    }

    /// Waits for a channel's StasisStart.
    @discardableResult
    func arrival(of id: ChannelID, from start: Int = 0) async throws -> [String] {
        try await event("StasisStart of \(id)", from: start) {
            if case .stasisStart(let channel, let arguments, _) = $0, channel.id == id { arguments } else { nil }
        }
    }

    /// Waits for a channel's end and returns its cause.
    @discardableResult
    func end(of id: ChannelID) async throws -> Int {
        try await event("ChannelDestroyed of \(id)") {
            if case .channelDestroyed(let channel, let cause) = $0, channel.id == id { cause } else { nil }
        }
    }

    /// The failure of a request.
    func failure(_ request: () async throws -> Void) async -> TelephonyFailure? {
        do {
            try await request()
            return nil
        } catch {
            return error as? TelephonyFailure
        }
    }
}
