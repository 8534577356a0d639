import AMI
import Core
import Foundation
import Logging
import TandemLab
import TandemTesting
import Telephony
import Testing

/// A channel that takes the place of another in a conference's bridge.
@Suite(
    "Real ad hoc conferences: replaced channels",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AdhocConferenceReplacementTests {
    @Test("the host is transferred by Asterisk: the conference goes on, its successor ends it by hanging up")
    func replacedHost() async throws {
        try await Scene.inOffice { scene in
            let calls = try await HostWithTwoCalls(in: scene)
            let mia = try await scene.phone(.mia)
            let answering = try mia.answer()
            let id = try await calls.merge(host: calls.out, [calls.kim])
            try await scene.conference(id, has: [calls.out, calls.frank, calls.kim])
            try await scene.blindTransfer(calls.out, to: Demo.Office.Phone.mia.number)
            try await answering.answered()
            let erin = try await scene.rest(as: .erin)
            let successor = try await eventually("another channel is the host's") {
                let shown = try await erin.get("/users/me/conferences/adhoc/\(id)").body
                guard let host = shown?["host_call_id"]?.string, host != calls.out, shown?["status"] == "running",
                    try await scene.ari.channels(inBridge: id)?.contains(host) == true
                else { return nil as String? }
                return host
            }
            #expect(successor != calls.out)
            async let frankHears = calls.franksPhone.audio.hears(Scene.operatorsTone)
            async let kimHears = calls.kimsCall.audio.hears(Scene.operatorsTone)
            #expect(await frankHears)
            #expect(await kimHears)
            #expect(await scene.heard("conference_adhoc_participant_left", by: .erin).contains(calls.out))
            try await answering.hangUp()
            try await calls.franksRun.hungUpByPeer()
            try await calls.kimsCall.hungUpByPeer()
            try await scene.conferenceIsOver(id)
            await calls.close()
            try await scene.leave(mia)
        }
    }
}

extension Scene {
    /// Asterisk transfers a channel's party, as a phone does it.
    fileprivate func blindTransfer(_ channel: String, to number: String) async throws {
        let recorder = ManagerEventRecorder()
        let client = AMIClient(
            configuration: AMIConfiguration(
                port: lab.managerPort,
                username: lab.managerUser,
                secret: lab.managerSecret
            ),
            receiver: recorder,
            logger: Logger(label: "transferer") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await client.run() }
        await recorder.first { $0 == .connected }
        let name = try await ari.channel(channel)?["name"]?.string ?? ""
        let answer = try await client.send(
            ManagerAction("BlindTransfer", ["Channel": name, "Context": "default", "Exten": number])
        )
        #expect(answer.first?["Response"] == "Success", "\(answer)")
        running.cancel()
        _ = await running.result
    }
}
