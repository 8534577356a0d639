import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Erin talks with Frank, whom she has dialled, and with Kim, who has dialled her.
struct HostWithTwoCalls: Sendable {
    let scene: Scene
    /// Erin's call to Frank.
    let dialling: SIPpCaller
    let franksPhone: SIPpPhone
    let franksRun: SIPpRun
    /// Kim's call to Erin.
    let kimsCall: SIPpCaller
    let erinsPhone: SIPpPhone
    let answering: SIPpRun
    /// The channels: Erin's to Frank, his; Erin's to Kim, hers.
    let out: String
    let frank: String
    let `in`: String
    let kim: String

    /// Places both calls; who says nothing has the tone 0.
    init(franksTone: Double = 0, erinsTone: Double = Scene.callersTone, in scene: Scene) async throws {
        self.scene = scene
        franksPhone = try await scene.phone(.frank, tone: franksTone)
        erinsPhone = try await scene.phone(.erin, tone: 0)
        franksRun = try franksPhone.answer()
        answering = try erinsPhone.answer()
        dialling = try await SIPpCaller(dialling: "1102", as: "erin", tone: erinsTone, in: scene.lab)
        try await dialling.answered()
        kimsCall = try await SIPpCaller(dialling: "1101", as: "kim", tone: 0, in: scene.lab)
        try await kimsCall.answered()
        (out, frank) = try await scene.pair("erin", "frank")
        (`in`, kim) = try await scene.pair("erin", "kim")
    }

    /// Erin merges calls.
    /// - Returns: The conference's id.
    func merge(host: String, _ others: [String]) async throws -> String {
        let answer = try await scene.rest(as: .erin).post(
            "/users/me/conferences/adhoc",
            ["host_call_id": .string(host), "participant_call_ids": .array(others.map(JSONValue.string))]
        )
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.body?["conference_id"]?.string)
    }

    /// Takes the phones away.
    func close() async {
        for run in [franksRun, answering] { run.stop() }
        for call in [dialling, kimsCall] { await call.close() }
        try? await scene.leave(franksPhone, erinsPhone)
    }
}

extension Scene {
    /// The channels of two accounts that talk with each other.
    func pair(_ first: String, _ second: String) async throws -> (String, String) {
        try await eventually("\(first) talks with \(second)") {
            let channels = try await ari.channels()
            func ids(_ account: String) -> Set<String> {
                let own = channels.filter { $0["name"]?.string?.hasPrefix("PJSIP/\(account)-") == true }
                return Set(own.compactMap { $0["id"]?.string })
            }
            for bridge in try await ari.bridges() {
                let members = Set(bridge["channels"]?.array?.compactMap(\.string) ?? [])
                if members.count == 2, let one = members.intersection(ids(first)).first,
                    let other = members.intersection(ids(second)).first
                {
                    return (one, other)
                }
            }
            return nil
        }
    }

    /// Waits until a conference holds exactly these channels.
    func conference(_ id: String, has channels: Set<String>) async throws {
        _ = try await eventually("conference with \(channels.sorted())") {
            Set(try await ari.channels(inBridge: id) ?? []) == channels ? true : nil
        }
    }

    /// Phases of the stored conferences.
    func conferenceRows() async throws -> [String] {
        let text = try await database.value(
            "select coalesce(string_agg(body->>'phase', ' '), '') from gateway.aggregate where kind = 'adhoc_conference'"
        )
        return (text ?? "").split(separator: " ").map(String.init)
    }

    /// The calls of events of a name that a user of the office has heard of.
    func heard(_ name: String, by phone: Demo.Office.Phone) async -> [String] {
        await bus.events(name).filter { $0.headers["user_uuid:\(phone.uuid)"] == true }
            .compactMap { $0.data?["call_id"]?.string }
    }

    /// Waits until nothing is left of a conference, and its end was told once.
    func conferenceIsOver(_ id: String) async throws {
        try await becomesSilent()
        try await bus.expect("conference_adhoc_deleted") { $0.data?["conference_id"]?.string == id }
        _ = try await eventually("the row is gone") { try await conferenceRows().isEmpty ? true : nil }
        try await bridgeIsGone(id)
        let ends = await bus.events("conference_adhoc_deleted").filter { $0.data?["conference_id"]?.string == id }
        #expect(ends.count == 1)
    }
}
