import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real calls that a program drives over REST: one call at a time.
@Suite(
    "Calls of applications",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationCallTests {
    @Test("a caller enters, hears ringing, is answered, hangs up: each is told, and the list shows it")
    func journey() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.caller()
            let entered = try await app.hears("application_call_entered")
            let shown = try #require(entered.data?["call"])
            #expect(shown["status"] == "Ring")
            #expect(shown["caller_id_number"] == "0123456789")
            #expect(shown["is_caller"] == true)
            #expect(shown["dialed_extension"] == "5007")
            #expect(shown["node_uuid"] == .null)
            #expect(shown["tenant_uuid"]?.string == Demo.tenant)
            #expect(shown["variables"]?.object != nil)
            #expect(shown["snoops"] == [:])
            #expect(shown["conversation_id"]?.string == call)
            #expect(shown["creation_time"]?.string?.hasSuffix("+0000") == true)
            #expect(entered.headers["tenant_uuid"]?.string == Demo.tenant)
            #expect(entered.headers["required_acl"]?.string == "events.applications.\(app.id).calls.created")
            #expect(entered.routingKey == "applications.\(app.id).calls.created")
            #expect(try await app.call(call)?["status"] == "Ring")

            try await app.does(.put, "calls/\(call)/progress/start", 204)
            let started = try await app.hears("application_progress_started")
            #expect(started.data?["call"]?["status"] == "Progress")
            #expect(started.data?["call"]?["variables"] == nil)
            #expect(try await app.call(call)?["status"] == "Progress")
            try await app.does(.put, "calls/\(call)/progress/stop", 204)
            try await app.hears("application_progress_stopped")

            try await app.does(.put, "calls/\(call)/answer", 204)
            try await caller.answered()
            #expect(try await app.call(call)?["status"] == "Up")
            let answered = try await app.hears("application_call_answered")
            #expect(answered.data?["call"]?["status"] == "Up")

            try await caller.hangUp()
            let deleted = try await app.hears("application_call_deleted")
            #expect(deleted.data?["call"]?["id"]?.string == call)
            #expect(deleted.routingKey == "applications.\(app.id).calls.\(call).deleted")
            try await app.tells(
                [
                    "call_entered \(call)", "progress_started \(call)", "progress_stopped \(call)",
                    "call_answered \(call)", "call_deleted \(call)",
                ],
                about: [call]
            )
            #expect(try await app.call(call) == nil)
            await caller.close()
        }
    }

    @Test("keys of the phone as RTP events, and keys that the program presses: each is told once, in order")
    func digits() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            await caller.audio.press("15#")
            try await app.does(.put, "calls/\(call)/dtmf?digits=90*", 204)
            _ = try await eventually("six digits") {
                await app.scene.bus.events("application_call_dtmf_received").count >= 6 ? true : nil
            }
            let digits = await app.scene.bus.events("application_call_dtmf_received")
            #expect(digits.compactMap { $0.data?["dtmf"]?.string } == ["1", "5", "#", "9", "0", "*"])
            let first = try #require(digits.first)
            #expect(first.data?["call_id"]?.string == call)
            #expect(first.data?["conversation_id"]?.string == call)
            #expect(first.headers["user_uuid:*"] == true)
            try await caller.hangUp()
            await caller.close()
        }
    }

    @Test("mute, hold and music: the caller is not heard, hears music, and each change is told once")
    func muteAndHold() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            for (path, key) in [("mute", "muted"), ("hold", "on_hold")] {
                let start = await app.scene.bus.deliveries.entries.count
                try await app.does(.put, "calls/\(call)/\(path)/start", 204)
                #expect(try await app.call(call)?[key] == true)
                try await app.hears("application_call_updated", from: start) { $0["call"]?[key] == true }
                if path == "hold" { #expect(await caller.audio.hearsSound(), "music on hold") }
                try await app.does(.put, "calls/\(call)/\(path)/stop", 204)
                try await app.hears("application_call_updated", from: start) { $0["call"]?[key] == false }
                #expect(try await app.call(call)?[key] == false)
                let told = await app.scene.bus.deliveries.entries.dropFirst(start)
                    .filter { $0.name == "application_call_updated" }
                #expect(told.count == 2, "\(path): \(told.map { $0.data?.text ?? "" })")
            }
            let music = "70000000-0000-4000-8000-00000000000a"
            _ = try await app.scene.database.rows(
                """
                INSERT INTO moh (uuid, tenant_uuid, name, label, mode)
                VALUES ('\(music)', '\(Demo.tenant)', 'default', 'Default', 'files') ON CONFLICT DO NOTHING
                """
            )
            let start = await app.scene.bus.deliveries.entries.count
            try await app.does(.put, "calls/\(call)/moh/\(music)/start", 204)
            try await app.hears("application_call_updated", from: start) { $0["call"]?["moh_uuid"]?.string == music }
            #expect(try await app.call(call)?["moh_uuid"]?.string == music)
            #expect(await caller.audio.hearsSound())
            try await app.does(.put, "calls/\(call)/moh/stop", 204)
            #expect(try await app.call(call)?["moh_uuid"] == .null)
            try await app.isRefused(
                .put,
                "calls/\(call)/moh/70000000-0000-4000-8000-0000000000ff/start",
                404,
                "no-such-moh"
            )
            try await caller.hangUp()
            await caller.close()
            _ = try await app.scene.database.rows("DELETE FROM moh WHERE uuid = '\(music)'")
        }
    }

    @Test("a call that hears a tone without end is muted, held, and goes into a node at once, where the tone is over")
    func endlessTone() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            let (other, second) = try await app.answeredCaller(tone: 1_600)
            try await app.does(.post, "calls/\(call)/playbacks", ["uri": "tone:ring"], 200)
            #expect(await caller.audio.hearsSound(), "the tone")
            for (path, key) in [("mute", "muted"), ("hold", "on_hold")] {
                try await app.does(.put, "calls/\(call)/\(path)/start", 204)
                #expect(try await app.call(call)?[key] == true)
                try await app.does(.put, "calls/\(call)/\(path)/stop", 204)
                #expect(try await app.call(call)?[key] == false)
            }
            let calls: JSONValue = [["id": .string(call)], ["id": .string(second)]]
            try await app.does(.post, "nodes", ["calls": calls], 201)
            #expect(await caller.audio.hears(1_600))
            #expect(await other.audio.hears(Scene.callersTone))
            try await app.hears("application_playback_deleted")
            try await caller.hangUp()
            try await other.hangUp()
            for one in [caller, other] { await one.close() }
        }
    }

    @Test("playbacks: heard, told, stopped; a file that is not there fails; what may not be played is refused")
    func playbacks() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            let playback = try await app.does(.post, "calls/\(call)/playbacks", ["uri": "sound:hello-world"], 200)
            let id = try #require(playback["uuid"]?.string)
            #expect(playback["uri"] == "sound:hello-world")
            #expect(["queued", "playing"].contains(playback["state"]?.string))
            #expect(await caller.audio.hearsSound())
            let created = try await app.hears("application_playback_created")
            #expect(created.data?["playback"]?["uuid"]?.string == id)
            #expect(created.data?["call_id"]?.string == call)
            let ended = try await app.hears("application_playback_deleted")
            #expect(ended.data?["playback"]?["state"] == "done")
            try await app.isRefused(.delete, "playbacks/\(id)", 404, "no-such-playback")

            for uri in ["tone:ring", "number:42", "digits:12#", "characters:abc"] {
                let start = await app.scene.bus.deliveries.entries.count
                let one = try await app.does(.post, "calls/\(call)/playbacks", ["uri": .string(uri)], 200)
                let uuid = try #require(one["uuid"]?.string)
                try await app.hears("application_playback_created", from: start)
                // Asterisk cannot interrupt what it spells.
                if uri == "tone:ring" { try await app.does(.delete, "playbacks/\(uuid)", 204) }
                try await app.hears("application_playback_deleted", from: start)
            }
            let start = await app.scene.bus.deliveries.entries.count
            try await app.does(.post, "calls/\(call)/playbacks", ["uri": "sound:not-there", "language": "fr"], 200)
            let failed = try await app.hears("application_playback_deleted", from: start)
            #expect(failed.data?["playback"]?["state"] == "failed")
            for uri in ["foo:bar", "sound:/etc/passwd", "sound:../../secret", "sound:http://localhost/x"] {
                try await app.isRefused(
                    .post,
                    "calls/\(call)/playbacks",
                    ["uri": .string(uri)],
                    400,
                    "no-such-media"
                )
            }
            try await app.isRefused(.post, "calls/\(call)/playbacks", [:], 400, "invalid-data")
            try await caller.hangUp()
            await caller.close()
        }
    }

    @Test(
        "recordings: those of the tenant are heard, by either name; one that is not there fails; no other tenant's is"
    )
    func recordings() async throws {
        try await ApplicationScene.play { app in
            let spool = app.scene.lab.state.appendingPathComponent("spool/recording")
            let folders = [Demo.tenant, Demo.otherTenant].map { spool.appendingPathComponent($0) }
            for folder in folders {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try WaveSound(tone: 1_600, seconds: 5).file().write(to: folder.appendingPathComponent("greeting.wav"))
            }
            let (caller, call) = try await app.answeredCaller()
            let path = "calls/\(call)/playbacks"
            try await app.does(.post, path, ["uri": .string("recording:\(Demo.tenant)/greeting")], 200)
            #expect(await caller.audio.hears(1_600))
            let tenants = "/var/lib/wazo/sounds/tenants"
            try await app.does(.post, path, ["uri": .string("sound:\(tenants)/\(Demo.tenant)/monitor/none")], 200)
            for name in ["nothing", "\(Demo.otherTenant)/greeting"] {
                let start = await app.scene.bus.deliveries.entries.count
                try await app.does(.post, path, ["uri": .string("recording:\(name)")], 200)
                let failed = try await app.hears("application_playback_deleted", from: start) {
                    $0["playback"]?["uri"]?.string == "recording:\(name)"
                }
                #expect(failed.data?["playback"]?["state"] == "failed")
            }
            let start = await app.scene.bus.deliveries.entries.count
            try await app.does(.post, path, ["uri": "recording:greeting"], 200)
            #expect(await caller.audio.hears(1_600))
            let played = try await app.hears("application_playback_deleted", from: start, within: .seconds(20))
            #expect(played.data?["playback"]?["state"] == "done")
            for uri in [
                "recording:\(Demo.tenant)/../\(Demo.otherTenant)/greeting",
                "sound:\(tenants)/\(Demo.otherTenant)/monitor/none",
            ] {
                try await app.isRefused(.post, path, ["uri": .string(uri)], 400, "no-such-media")
            }
            try await caller.hangUp()
            await caller.close()
            for folder in folders { try FileManager.default.removeItem(at: folder) }
        }
    }

    @Test("the program hangs up; a call that is gone, and one that never was, are not found")
    func hangUp() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            try await app.does(.delete, "calls/\(call)", 204)
            try await caller.hungUpByPeer()
            try await app.hears("application_call_deleted")
            for id in [call, "1234.5"] {
                try await app.isRefused(.delete, "calls/\(id)", 404, "no-such-call")
                for action in [
                    "answer", "mute/start", "mute/stop", "hold/start", "hold/stop", "progress/start", "progress/stop",
                    "moh/stop", "moh/\(app.id)/start", "dtmf?digits=1",
                ] {
                    try await app.isRefused(.put, "calls/\(id)/\(action)", 404, "no-such-call")
                }
                try await app.isRefused(
                    .post,
                    "calls/\(id)/playbacks",
                    ["uri": "sound:beep"],
                    404,
                    "no-such-call"
                )
            }
            await caller.close()
        }
    }

    @Test("dialled by the program: the phone rings, answers, is told with its variables; it hears what is played")
    func originated() async throws {
        try await ApplicationScene.play { app in
            let erin = try await app.scene.phone(.erin)
            let ringing = try erin.answer(afterRinging: .seconds(1))
            let placed = try await app.does(
                .post,
                "calls",
                [
                    "exten": "11 01", "context": "default", "variables": ["X_WAZO_COLOUR": "red", "OTHER": "x"],
                    "displayed_caller_id_name": "The \"Robot\"", "displayed_caller_id_number": "4242",
                ],
                201
            )
            let call = try #require(placed["id"]?.string)
            #expect(placed["variables"] == ["COLOUR": "red"])
            #expect(placed["node_uuid"] == .null)
            let invite = try await ringing.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("From")?.contains("4242") == true, "\(invite.message.header("From") ?? "")")
            #expect(try await app.call(call) != nil, "it is listed while it rings")
            // It waits for the answer.
            try await app.does(.put, "calls/\(call)/mute/start", 204)
            try await app.does(.put, "calls/\(call)/mute/stop", 204)
            let initiated = try await app.hears("application_call_initiated")
            #expect(initiated.data?["call"]?["id"]?.string == call)
            #expect(initiated.data?["call"]?["status"] == "Up")
            #expect(initiated.data?["call"]?["variables"]?["COLOUR"] == "red")
            try await app.does(.post, "calls/\(call)/playbacks", ["uri": "tone:1600"], 200)
            #expect(await erin.audio.hears(1_600))
            try await ringing.hangUp()
            try await app.hears("application_call_deleted")
            try await app.scene.leave(erin)
        }
    }

    @Test("a leg that is never answered tells nothing and is forgotten; so is one that is taken back")
    func notAnswered() async throws {
        try await ApplicationScene.play { app in
            let erin = try await app.scene.phone(.erin)
            let ringing = try erin.ring()
            let placed = try await app.does(.post, "calls", ["exten": "1101", "context": "default"], 201)
            let call = try #require(placed["id"]?.string)
            try await ringing.rings()
            try await app.does(.delete, "calls/\(call)", 204)
            try await ringing.cancelled()
            _ = try await eventually("it is forgotten") { try await app.call(call) == nil ? true : nil }
            #expect(await app.told(about: [call]).isEmpty)
            try await app.scene.leave(erin)
        }
    }
}
