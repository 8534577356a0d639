import AMI
import CallControl
import Foundation
import Logging
import TandemLab
import Telephony
import Testing

@testable import ARI

/// Takes no event.
private struct Deaf: ManagerEventReceiving {
    func wants(_ name: String) -> Bool { false }
    func receive(_ event: ManagerEvent) async {}
    func managerConnected() async {}
    func managerDisconnected() async {}
}

@Suite(
    "ARI and the manager interface together",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ManagerRequestTests {
    private func run(_ body: (RealStage, AMIClient) async throws -> Void) async throws {
        try await RealStage.run { stage in
            let lab = stage.lab
            let manager = AMIClient(
                configuration: AMIConfiguration(
                    port: lab.managerPort,
                    username: lab.managerUser,
                    secret: lab.managerSecret
                ),
                receiver: Deaf(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let running = Task { try await manager.run() }
            do {
                _ = try await eventually("the manager is connected") { manager.isConnected ? true : nil }
                try await body(stage, manager)
            } catch {
                Issue.record(error)
            }
            running.cancel()
            _ = await running.result
        }
    }

    @Test("a variable of a channel outside Stasis is set, confirmed with one read, and its end told as 404")
    func anyChannel() async throws {
        try await run { stage, manager in
            let ari = stage.ari
            let ways = AnyChannelVariables(ari, else: ManagerVariables(manager))
            let variables = LiveVariables(channels: ari, anyChannels: ways)
            await variables.feedConnected()
            let inside = try await stage.enter()
            let outside = try #require(
                try await ari.channels().first { $0.name.hasSuffix(";2") && $0.linkedID == inside }
            )
            for channel in [inside, outside.id] {
                try await variables.setAndConfirm("WAZO_TENANT_UUID", to: "a=b,\"c\" é", of: channel)
                let value = try await variables.variable("WAZO_TENANT_UUID", of: channel)
                #expect(value == "a=b,\"c\" é")
            }
            let presence = StasisPresence(channels: ari)
            let isInside = try await presence.isInStasis(inside)
            let isOutside = try await presence.isInStasis(outside.id)
            #expect(isInside && !isOutside)
            let never = try await presence.waitUntilInStasis(outside.id, within: .milliseconds(50))
            #expect(!never)
            let gone = await stage.failure {
                try await ManagerVariables(manager).setVariable("X", to: "1", ofAny: ChannelID("nobody"))
            }
            guard case .notFound = gone else {
                Issue.record("404 expected: \(String(describing: gone))")
                return
            }
        }
    }

    @Test("a blind transfer is told with its parties")
    func blindTransfer() async throws {
        try await run { stage, manager in
            let bridge = BridgeID("\(stage.application)-transfer")
            try await stage.ari.createBridge(bridge, kind: .mixing)
            let first = try await stage.enter()
            let second = try await stage.enter()
            try await stage.ari.add([first, second], to: bridge, as: BridgeEntry())
            _ = try await eventually("both are in") {
                try await stage.ari.bridge(bridge)?.channels.count == 2 ? true : nil
            }
            let name = try #require(try await stage.ari.channel(first)?.name)
            _ = try await manager.send(
                ManagerAction("BlindTransfer", ["Channel": name, "Context": "lab", "Exten": "402"])
            )
            let transfer = try await stage.event("BridgeBlindTransfer") {
                if case .blindTransfer(let transfer) = $0 { transfer } else { nil }
            }
            #expect(transfer.transferer.id == first)
            #expect(transfer.place == DialplanPlace(context: "lab", exten: "402"))
            #expect(transfer.result == "Success" && transfer.bridge?.id == bridge)
        }
    }
}
