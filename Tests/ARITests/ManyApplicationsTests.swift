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
        func feedDisconnected() async {}
    }

    @Test("100 are registered over several sockets and hear their own channels; a variable only those that read it")
    func many() async throws {
        let lab = try LabEnvironment()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let configuration = ARIConfiguration(
            baseURL: try #require(URL(string: "http://127.0.0.1:\(lab.httpPort)")),
            username: "tandem",
            password: "tandem"
        )
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
}
