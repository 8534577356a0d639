import Foundation
import Logging
import TandemLab
import Telephony
import Testing

@testable import ARI

/// More applications than one request line of Asterisk can name, and what each of them reads.
@Suite(
    "Many Stasis applications",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ManyApplicationsTests {
    private struct Heard: Equatable {
        var type: String
        var application: String
    }

    private final class Ear: EventReceiving {
        let heard = WitnessLog<Heard>()
        func wants(_ head: EventHead) -> Bool { head.type == "StasisStart" || head.variable == "TANDEM_TEST" }
        func receive(_ event: AsteriskEvent, head: EventHead) async {
            await heard.append(Heard(type: head.type, application: head.application))
        }
        func feedConnected() async {}
        func feedDisconnected() async { await heard.append(Heard(type: "disconnected", application: "")) }
    }

    @Test("100 are registered over several sockets and hear their own channels; a variable only those that read it")
    func many() async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = try lab.ari()
        let client = ARIClient(configuration: configuration, logger: logger)
        let names = (0..<100).map { "many-\($0)-\(UUID().uuidString)" }
        let ear = Ear()
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: names.enumerated().map { index, name in
                StasisApplication(name: name, alsoReads: index == 99 ? ["ChannelVarset"] : [], isLasting: false)
            },
            receiver: ear,
            logger: logger
        )
        let running = Task { try await feed.run() }
        _ = try await eventually("all are registered") { feed.isConnected ? true : nil }
        #expect(feed.registered == Set(names))
        for name in [names[0], names[50], names[99]] {
            let channel = ChannelID(UUID().uuidString)
            try await client.originate(
                Origination(channel: channel, endpoint: "Local/401@lab", application: name, arguments: [])
            )
            let start = Heard(type: "StasisStart", application: name)
            let entered = await ear.heard.first(within: .seconds(10)) { $0 == start }
            #expect(entered != nil, "\(name)")
            try await client.setVariable("TANDEM_TEST", to: "1", of: channel)
        }
        let set = Heard(type: "ChannelVarset", application: names[99])
        let told = await ear.heard.first(within: .seconds(10)) { $0 == set }
        #expect(told != nil)
        let heard = await ear.heard.entries
        #expect(heard.count { $0.type == "ChannelVarset" } == 1, "\(heard)")
        #expect(heard.count { $0.type == "StasisStart" } == 3, "none comes twice")
        running.cancel()
        _ = await running.result
        await client.shutdown()
        try await ARIWitness(lab).hangUpAll()
    }

    @Test("30 registered one by one while calls come: few sockets have them all, no call is missed or told twice")
    func late() async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let relay = try await TCPRelay.start(to: lab.httpPort)
        let client = ARIClient(configuration: try lab.ari(), logger: logger)
        let names = (0..<30).map { "late-\($0)-\(UUID().uuidString)" }
        let ear = Ear()
        // The sockets alone go through the relay, which counts them.
        let feed = ARIEventFeed(
            configuration: try lab.ari(port: relay.port),
            client: client,
            applications: [StasisApplication(name: "first-\(UUID().uuidString)")],
            receiver: ear,
            logger: logger
        )
        let running = Task { try await feed.run() }
        _ = try await eventually("the first is registered") { feed.isConnected ? true : nil }
        func enter(_ name: String) async throws {
            try await client.originate(
                Origination(
                    channel: ChannelID(UUID().uuidString),
                    endpoint: "Local/401@lab",
                    application: name,
                    arguments: []
                )
            )
        }
        var calls = 0
        for name in names {
            try await feed.register(StasisApplication(name: name, isLasting: false))
            // Into the first of them, which goes from socket to socket meanwhile.
            try await enter(names[0])
            calls += 1
        }
        _ = try await eventually("few sockets are left") { relay.open <= 2 + LateSockets.limit ? true : nil }
        for name in [names[7], names[8], names[29]] {
            try await enter(name)
            let start = Heard(type: "StasisStart", application: name)
            #expect(await ear.heard.first(within: .seconds(10)) { $0 == start } != nil, "\(name)")
        }
        let started = Heard(type: "StasisStart", application: names[0])
        let expected = calls
        _ = try await eventually("every call is heard of") {
            await ear.heard.entries.count { $0 == started } >= expected ? true : nil
        }
        // Nobody is in it: a channel would keep it in Asterisk.
        try await feed.deregister(names[12])
        _ = try await eventually("one of those that share a socket leaves") {
            try await client.applications().contains { $0.name == names[12] } ? nil : true
        }
        try await enter(names[13])
        let stays = Heard(type: "StasisStart", application: names[13])
        #expect(await ear.heard.first(within: .seconds(10)) { $0 == stays } != nil, "the others stay")
        let heard = await ear.heard.entries
        #expect(heard.count { $0 == started } == expected, "none is told twice")
        #expect(!heard.contains { $0.type == "disconnected" })
        running.cancel()
        _ = await running.result
        await client.shutdown()
        await relay.stop()
        try await ARIWitness(lab).hangUpAll()
    }
}
