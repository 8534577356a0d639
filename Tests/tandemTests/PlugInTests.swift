import API
import CallControl
import Core
import Foundation
import Logging
import TandemTesting
import Telephony
import Testing

@testable import tandem

@Suite("Features that are left out", .timeLimit(.minutes(1)))
struct PlugInTests {
    private func settings(_ value: JSONValue) throws -> Settings {
        var tree = ConfigurationTree()
        tree.add(value, from: "file.yml")
        return try Settings(tree)
    }

    @Test("every feature is there unless it is false; parts of no feature always are")
    func parts() throws {
        let all = PlugIns(try settings([:]))
        for plugIn in PlugIn.allCases { #expect(all.isOn(plugIn), "\(plugIn)") }
        let some = PlugIns(try settings(["enabled_plugins": ["transfers": false, "faxes": false, "calls": true]]))
        #expect(some.parts([(.transfers, 1), (nil, 2), (.calls, 3), (.faxes, 4)]) == [2, 3])
    }

    @Test("the interface's descriptions are a feature too", arguments: [true, false])
    func descriptions(isOn: Bool) throws {
        let settings = try settings(["enabled_plugins": ["api": .bool(isOn)]])
        #expect(settings.apiConfiguration.isDescribed == isOn)
    }

    @Test("a key whose feature is not built is told to have no effect, when it is set")
    func unusedKey() throws {
        let line = "file.yml: max_meeting_participants has no effect: there are no meetings yet"
        #expect(try settings(["max_meeting_participants": 30]).warnings.contains(line))
        #expect(try !settings(["debug": false]).warnings.contains { $0.contains("max_meeting_participants") })
    }

    @Test("a caller who comes for a feature that is left out goes on in the dialplan; others are left alone")
    func arrivals() async throws {
        let asterisk = FakeAsterisk()
        let plugIns = PlugIns(try settings(["enabled_plugins": ["switchboards": false]]))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let arrivals = UnservedArrivals(plugIns, channels: asterisk, logger: logger)
        func head(_ id: String, _ arguments: [String]) -> EventHead {
            EventHead(
                type: "StasisStart",
                application: "callcontrol",
                channel: ChannelID(id),
                arguments: arguments
            )
        }
        #expect(!arrivals.wants(head("2", ["transfer", "transfer_recipient_called", "x"])))
        #expect(!arrivals.wants(head("3", [])))
        let channel = Channel(id: ChannelID("1"))
        asterisk.put(channel)
        let mine = head("1", ["switchboard", "switchboard_queue", "t", "s"])
        #expect(arrivals.wants(mine))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await arrivals.run() }
            let kind = AsteriskEvent.Kind.stasisStart(channel, arguments: mine.arguments, replaced: nil)
            await arrivals.receive(AsteriskEvent(kind, application: "callcontrol", timestamp: Date()), head: mine)
            try await eventually { asterisk.requests.contains("continue 1 next") }
            group.cancelAll()
        }
    }
}
