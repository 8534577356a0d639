import Core
import Foundation
import TandemLab
import TandemTesting
import Telephony
import Testing

/// What both roads must do with the real Asterisk.
@Suite(
    "Conferences, parking and voicemail of the real Asterisk, over TCP and through amid",
    .serialized,
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ConferenceAndParkingTests {
    private static let conference = "room1"

    @Test("a conference: who is in, mute, record, kick; nobody in one that does not run", arguments: Road.allCases)
    func conference(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let manager = bench.manager
            let none = try await manager.confbridgeUsers(of: Self.conference)
            #expect(none == [])
            let user = ManagerAction.Field("WAZO_USERUUID", "b0000000-0000-4000-8000-000000000010")
            let call = try await bench.call("400", variables: [user])
            let second = try await bench.call("400")
            await bench.recorder.event("ConfbridgeJoin") { $0["Uniqueid"] == call.dialplan.rawValue }
            await bench.recorder.event("ConfbridgeJoin") { $0["Uniqueid"] == second.dialplan.rawValue }
            let users = try await manager.confbridgeUsers(of: Self.conference)
            #expect(Set(users.map(\.channel)) == [call.dialplan, second.dialplan])
            let other = try await manager.confbridgeUsers(of: "elsewhere")
            #expect(other == [])
            let name = try await bench.name(of: call.dialplan)
            let found = try #require(users.first { $0.channel == call.dialplan })
            #expect(found.channelName == name && !found.isMuted && !found.isAdmin && found.language == "en")
            #expect(found.variables["CHANNEL(linkedid)"] == call.application.rawValue)
            try await muteAndKick(bench, name, call.dialplan)
        }
    }

    private func muteAndKick(_ bench: RoadBench, _ name: String, _ id: ChannelID) async throws {
        let manager = bench.manager
        func isMuted() async throws -> Bool? {
            try await manager.confbridgeUsers(of: Self.conference).first { $0.channel == id }?.isMuted
        }
        try await manager.confbridgeMute(name, in: Self.conference)
        await bench.recorder.event("ConfbridgeMute") { $0["Uniqueid"] == id.rawValue }
        let muted = try await isMuted()
        try await manager.confbridgeUnmute(name, in: Self.conference)
        await bench.recorder.event("ConfbridgeUnmute") { $0["Uniqueid"] == id.rawValue }
        let unmuted = try await isMuted()
        #expect(muted == true && unmuted == false)
        await #expect(
            throws: ManagerFailure.refused(
                message: "No Channel by that name found in Conference.",
                action: "ConfbridgeMute"
            )
        ) {
            try await manager.confbridgeMute("nobody", in: Self.conference)
        }
        try await manager.confbridgeStartRecording(of: Self.conference)
        await bench.recorder.event("ConfbridgeRecord")
        await #expect(
            throws: ManagerFailure.refused(
                message: "Conference is already being recorded.",
                action: "ConfbridgeStartRecord"
            )
        ) {
            try await manager.confbridgeStartRecording(of: Self.conference)
        }
        try await manager.confbridgeStopRecording(of: Self.conference)
        await bench.recorder.event("ConfbridgeStopRecord")
        try await manager.confbridgeKick("all", from: Self.conference)
        _ = try await eventually("an empty conference") {
            try await manager.confbridgeUsers(of: Self.conference).isEmpty ? true : nil
        }
    }

    @Test("parking lots, a parked call with its fields, an unknown lot", arguments: Road.allCases)
    func parking(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let lots = try await bench.manager.parkingLots()
            let lot = try #require(lots.first { $0.name == "default" })
            #expect(lot.firstSpace == 701 && lot.lastSpace == 750 && lot.timeout == 45)
            let empty = try await bench.manager.parkedCalls(in: "default")
            #expect(empty == [])
            let call = try await bench.call("401")
            var parking = Parking(channel: try await bench.name(of: call.dialplan), lot: "default")
            parking.timeout = 20_000
            parking.space = "705"
            parking.timeoutChannel = "PJSIP/alice"
            try await bench.manager.park(parking)
            let event = await bench.recorder.event("ParkedCall") { $0["ParkeeUniqueid"] == call.dialplan.rawValue }
            #expect(event?["ParkingSpace"] == "705")
            let calls = try await bench.manager.parkedCalls(in: "default")
            #expect(calls.count == 1)
            #expect(calls.first?["ParkeeUniqueid"] == call.dialplan.rawValue)
            #expect(calls.first?["ParkerDialString"] == "PJSIP/alice")
            #expect(calls.first?["ParkingTimeout"].flatMap(Int.init).map { (18...20).contains($0) } == true)
            let unknown = ManagerFailure.refused(
                message: "Requested parking lot could not be found.",
                action: "ParkedCalls"
            )
            await #expect(throws: unknown) { try await bench.manager.parkedCalls(in: "nowhere") }
            await #expect(
                throws: ManagerFailure.refused(message: "Channel does not exist: nobody", action: "Park")
            ) {
                try await bench.manager.park(Parking(channel: "nobody"))
            }
        }
    }

    @Test("voicemail: a failure that Asterisk calls a success is a refusal", arguments: Road.allCases)
    func voicemail(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let message = ManagerVoicemail(context: "default", mailbox: "8000", folder: "INBOX", id: "no-such")
            await #expect(throws: ManagerFailure.refused(message: "Message move failed", action: "VoicemailMove")) {
                try await bench.manager.moveVoicemail(message, to: "Old")
            }
            await #expect(
                throws: ManagerFailure.refused(message: "Message remove failed", action: "VoicemailRemove")
            ) {
                try await bench.manager.removeVoicemail(message)
            }
            try await bench.manager.refreshVoicemail()
            try await bench.manager.refreshVoicemail(context: "default", mailbox: "8000")
        }
    }
}
