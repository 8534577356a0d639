import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Conferences and meetings")
struct RoomHandlerTests {
    // MARK: incoming_conference_set_features

    private let reads = [get("WAZO_DSTID"), get("WAZO_TENANT_UUID")]
    private let ask = "GET DATA conf-getpin 10000 80"
    private let wrong = #"STREAM FILE conf-invalidpin "" 0"#

    private func room(pin: String = "", admin: String = "", name: String? = "Früh\n\"1\"") -> FixedFeatures {
        let room = DialplanConference(
            id: 9,
            tenant: TenantID("t"),
            name: name,
            pin: pin,
            administratorPIN: admin,
            preprocessSubroutine: "sub"
        )
        return FixedFeatures(conferences: ["9 t": room, "9 any": room])
    }

    private func channel(tenant: String = "t", dialled: String? = nil) -> AGITranscript {
        AGITranscript(
            variables: ["WAZO_DSTID": "9", "WAZO_TENANT_UUID": tenant],
            replies: dialled.map { [ask: ["200 result=\($0)"]] } ?? [:]
        )
    }

    private func written(_ role: String, name: String = "Früh1") -> [String] {
        [
            set("WAZO_CONFBRIDGE_ID", "9"), set("WAZO_CONFBRIDGE_TENANT_UUID", "t"),
            set("WAZO_CONFBRIDGE_BRIDGE_PROFILE", "wazo-bridge-profile-9"),
            set("WAZO_CONFBRIDGE_USER_PROFILE", "wazo-\(role)-profile-9"),
            set("WAZO_CONFBRIDGE_MENU", "wazo-default-\(role)-menu"),
            set("WAZO_CONFBRIDGE_PREPROCESS_SUBROUTINE", "sub"),
            "EXEC CELGenUserEvent \"WAZO_CONFERENCE, NAME: \(name)\"",
        ]
    }

    private let conference = "incoming_conference_set_features"

    @Test("a room without a PIN is open", arguments: ["t", ""])
    func open(tenant: String) async throws {
        let commands = try await runFeature(conference, [], room(admin: "7"), on: channel(tenant: tenant))
        #expect(commands == reads + written("user"))
        let nameless = try await runFeature(conference, [], room(name: nil), on: channel())
        #expect(nameless.last == #"EXEC CELGenUserEvent "WAZO_CONFERENCE, NAME: ""#)
    }

    @Test("the PIN tells how one comes in", arguments: [("1234", "user"), ("99", "admin")])
    func pin(dialled: String, role: String) async throws {
        let transcript = channel(dialled: dialled)
        let commands = try await runFeature(conference, [], room(pin: "1234", admin: "99"), on: transcript)
        #expect(commands == reads + ["ANSWER", ask] + written(role))
    }

    @Test("after four wrong PINs the dialplan breaks; no PIN is no administrator's", arguments: ["12", ""])
    func wrongPIN(dialled: String) async throws {
        let transcript = channel(dialled: dialled)
        await #expect(throws: DialplanBreak.self) {
            try await runFeature(conference, [], room(pin: "1234"), on: transcript)
        }
        #expect(transcript.commands == reads + Array(repeating: ["ANSWER", ask, wrong], count: 4).joined())
    }

    @Test("a caller who hangs up while he is asked is an ordinary end")
    func hangUp() async throws {
        let transcript = AGITranscript(
            variables: ["WAZO_DSTID": "9", "WAZO_TENANT_UUID": "t"],
            replies: [ask: ["HANGUP", "200 result=-1"]]
        )
        await #expect(throws: AGIError.hungUp) {
            try await runFeature(conference, [], room(pin: "1"), on: transcript)
        }
    }

    @Test("unknown rooms, and those of other tenants, break the dialplan", arguments: ["10", "", "9'", "9 9"])
    func unknown(id: String) async throws {
        let features = room()
        await #expect(throws: DialplanBreak.self) {
            try await runFeature(conference, [], features, on: AGITranscript(variables: ["WAZO_DSTID": id]))
        }
        await #expect(throws: DialplanBreak.self) {
            try await runFeature(conference, [], features, on: channel(tenant: "other"))
        }
        var away = features
        away.isAway = true
        let gone = away
        await #expect(throws: DatabaseFailure.self) { try await runFeature(conference, [], gone, on: channel()) }
    }

    // MARK: meeting_user

    private let read = get("WAZO_TENANT_UUID")
    private let refusal = ["ANSWER", #"STREAM FILE invalid "" 0"#]
    private let uuid = "d0000000-0000-4000-8000-000000000003"

    @Test("a meeting is found by its number and by its uuid", arguments: ["123456", "wazo-meeting-"])
    func meeting(key: String) async throws {
        let meeting = DialplanMeeting(id: uuid, name: "Où \"là\"")
        let features = FixedFeatures(meetings: ["123456 t": meeting, "\(uuid) t": meeting])
        let commands = try await runFeature(
            "meeting_user",
            [key.hasSuffix("-") ? key + uuid : key],
            features,
            on: channel()
        )
        #expect(
            commands == [read, set("WAZO_MEETING_UUID", uuid), set("WAZO_MEETING_NAME", #"Où \"là\""#)]
        )
    }

    @Test(
        "a meeting that is none is told, played, and breaks the dialplan",
        arguments: [[], [""], ["1234567"], ["wazo-meeting-"], ["d0000000-0000-4000-8000-000000000003"], ["１"]]
    )
    func noMeeting(arguments: [String]) async throws {
        let meeting = DialplanMeeting(id: uuid, name: nil)
        let features = FixedFeatures(meetings: ["123456 t": meeting, "\(uuid) t": meeting])
        let transcript = channel()
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("meeting_user", arguments, features, on: transcript)
        }
        let told = verbose("Unknown meeting '\(arguments.first ?? "")'")
        #expect(transcript.commands == [read, told] + refusal)
    }

    @Test("another tenant's meeting is unknown; so is any when the database is away", arguments: [true, false])
    func otherTenant(isAway: Bool) async throws {
        let meeting = DialplanMeeting(id: uuid, name: nil)
        let features = FixedFeatures(meetings: ["123456 t": meeting], isAway: isAway)
        let transcript = channel(tenant: isAway ? "t" : "other")
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("meeting_user", ["123456"], features, on: transcript)
        }
        #expect(Array(transcript.commands.suffix(2)) == refusal)
    }
}
