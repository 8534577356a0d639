import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

@Suite(
    "Voicemails",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct VoicemailTests {
    private static let other = 1_000.0

    @Test(
        "a message is left by a call: listed, announced, heard, moved, deleted, and the lamp follows",
        arguments: Way.allCases
    )
    func life(_ way: Way) async throws {
        try await Scene.withVoicemail(way) { scene in
            let lamps = LampWitness(scene.lab)
            await lamps.connected()
            let jack = try await scene.jack()
            try await scene.leaveMessage()
            let created = try await scene.bus.expect("user_voicemail_message_created")
            let id = try #require(created.data?["message_id"]?.string)
            #expect(created.routingKey == "voicemails.messages.created")
            #expect(created.headers["tenant_uuid"]?.string == Demo.tenant)
            let user = Demo.Office.Phone.jack.uuid
            #expect(created.headers["required_acl"]?.string == "events.users.\(user).voicemails")
            #expect(created.data?["voicemail_id"]?.integer == 2 && created.data?["user_uuid"]?.string == user)
            #expect(created.data?["message"]?["folder"]?["name"] == "inbox")
            #expect(created.data?["message"]?["caller_id_num"]?.string?.hasSuffix("123456789") == true)
            #expect(created.data?["message"]?["transcription"] == .null)
            try await lamps.shows("1/0")
            try await scene.isListedAndHeard(id, by: jack)

            // Moved: read, then to work; the lamp goes out.
            #expect(try await jack.put("/users/me/voicemails/messages/\(id)", ["folder_id": 2]).status == 204)
            #expect(try await scene.messages(2, as: jack) == [id])
            try await lamps.shows("0/1")
            #expect(try await jack.put("/voicemails/2/messages/\(id)", ["folder_id": 2]).status == 204, "there already")
            #expect(try await jack.put("/voicemails/2/messages/\(id)", ["folder_id": 4]).status == 204)
            try await lamps.shows("0/0")
            _ = try await scene.bus.expect("user_voicemail_message_updated") {
                $0.data?["message"]?["folder"]?["id"] == 4
            }

            // Deleted.
            #expect(try await jack.delete("/users/me/voicemails/messages/\(id)").status == 204)
            let deleted = try await scene.bus.expect("user_voicemail_message_deleted")
            #expect(deleted.data?["message"]?["folder"]?["id"] == 4 && deleted.data?["message_id"]?.string == id)
            #expect(try await jack.get("/voicemails/2/messages/\(id)").status == 404)
            #expect(try await jack.delete("/voicemails/2/messages/\(id)").status == 404)
            #expect(await scene.published() == ["created 1", "updated 2", "updated 4", "deleted 4"])
            await lamps.close()
        }
    }

    @Test("a greeting is set, in a format that Asterisk would not play, and heard by the next caller; copied, removed")
    func greeting() async throws {
        try await Scene.withVoicemail { scene in
            let jack = try await scene.jack()
            let path = "/users/me/voicemails/greetings/unavailable"
            #expect(try await jack.request("HEAD", path).status == 404)
            // 16 kHz: as many samples are half the time, and an octave higher.
            let wide = WaveSound(tone: Self.other / 2, seconds: 6).file(rate: 16_000)
            #expect(try await jack.send("PUT", path, bytes: wide, mediaType: "audio/wav").status == 404, "none yet")
            #expect(try await jack.send("POST", path, bytes: wide, mediaType: "audio/wav").status == 204)
            #expect(try await jack.send("POST", path, bytes: wide, mediaType: "audio/wav").status == 409)
            #expect(try await scene.statusOfLargeGreeting(path, as: jack) == 413)
            let kept = try await jack.get(path)
            let sound = try #require(WaveSound(kept.bytes))
            #expect(sound.share(ofTone: Self.other) > 0.9 && abs(sound.seconds - 3) < 0.1)
            #expect(kept.headers["content-disposition"] == "attachment;filename=vm-greeting-unavailable.wav")

            // DID 5010 is closed: with the greeting for one who is unavailable.
            let caller = try await SIPpCaller(dialling: "5010", tone: Scene.callersTone, in: scene.lab)
            try await caller.answered()
            #expect(await caller.audio.hears(Self.other, within: .seconds(10)), "the greeting")
            try await caller.hangUp()

            #expect(try await jack.post("\(path)/copy", ["dest_greeting": "busy"]).status == 204)
            #expect(try await jack.get("/voicemails/2/greetings/busy").bytes == kept.bytes)
            #expect(try await jack.delete(path).status == 204)
            #expect(try await jack.delete(path).status == 204, "none is no error")
            #expect(try await jack.request("HEAD", path).status == 404)
            #expect(try await jack.request("HEAD", "/voicemails/2/greetings/busy").status == 200)
            let files = try FileManager.default.contentsOfDirectory(atPath: scene.boxFolder.path)
            #expect(!files.contains { $0.hasPrefix(".") }, "\(files)")
            await caller.close()
        }
    }

    @Test("messages left while Tandem was down are announced once after its start, and none twice after further starts")
    func whileDown() async throws {
        try await Scene.withVoicemail { scene in
            try await scene.leaveMessage()
            _ = try await scene.bus.expect("user_voicemail_message_created")
            try await scene.nothingIsPending()
            await scene.tandem.kill()
            // Without FastAGI the dialplan has no box: the message is left straight in Asterisk.
            try await scene.leaveMessageInAsterisk()
            try await scene.tandem.start()
            _ = try await eventually("the second is announced", within: .seconds(20)) {
                await scene.published().count == 2 ? true : nil
            }
            for _ in 0..<2 {
                try await scene.nothingIsPending()
                await scene.tandem.kill()
                try await scene.tandem.start()
                try await scene.becomesReady()
            }
            // A later change shows that all before it has been told.
            let jack = try await scene.jack()
            let oldest = try #require(try await scene.messages(as: jack).last)
            #expect(try await jack.delete("/users/me/voicemails/messages/\(oldest)").status == 204)
            _ = try await scene.bus.expect("user_voicemail_message_deleted", within: .seconds(20))
            #expect(await scene.published() == ["created 1", "created 1", "deleted 1"])
        }
    }

    @Test("a message that Asterisk's own menu moves, and one that is removed from the disk, are announced too")
    func byOthers() async throws {
        try await Scene.withVoicemail { scene in
            let lamps = LampWitness(scene.lab)
            await lamps.connected()
            let jack = try await scene.jack()
            try await scene.leaveMessage()
            let id = try await scene.onlyMessage(as: jack)
            let phone = try await scene.dial("*98", as: .jack)
            try await phone.answered()
            #expect(await phone.audio.hearsSound(), "asks for the password")
            await phone.audio.press("1106#")
            #expect(await phone.audio.hearsSound(), "says how many messages there are")
            await phone.audio.press("1")
            #expect(await phone.audio.hears(Scene.callersTone, within: .seconds(30)), "the message")
            try await phone.hangUp()
            _ = try await scene.bus.expect("user_voicemail_message_updated") {
                $0.data?["message_id"]?.string == id && $0.data?["message"]?["folder"]?["id"] == 2
            }
            try FileManager.default.removeItem(at: scene.boxFolder.appendingPathComponent("Old"))
            _ = try await scene.bus.expect("user_voicemail_message_deleted", within: .seconds(20))
            try await lamps.shows("0/0")
            #expect(await scene.published() == ["created 1", "updated 2", "deleted 2"])
            await phone.close()
            await lamps.close()
        }
    }

    @Test("Asterisk is killed while a message is being left: the box stays whole, and the next message is announced")
    func killedWhileRecording() async throws {
        try await Scene.withVoicemail { scene in
            let jack = try await scene.jack()
            let caller = try await SIPpCaller(dialling: "5006", tone: Scene.callersTone, in: scene.lab)
            try await caller.answered()
            _ = try await eventually("a message is being recorded", within: .seconds(30)) {
                scene.recordedBytes(Scene.box) > 16_000 ? true : nil
            }
            try await scene.servers.kill(.asterisk)
            #expect(try await scene.messages(as: jack) == [])
            let lost = try await jack.put("/voicemails/2/messages/1-1", ["folder_id": 2])
            #expect(lost.status == 404)
            try await scene.servers.start(.asterisk)
            try await scene.becomesReady()
            await caller.close()
            try await scene.leaveMessage()
            let id = try await scene.onlyMessage(as: jack)
            _ = try await scene.bus.expect("user_voicemail_message_created") {
                $0.data?["message_id"]?.string == id
            }
            // The manager interface is away: nothing is done, and that is said.
            try await scene.servers.kill(.asterisk)
            let refused = try await jack.put("/voicemails/2/messages/\(id)", ["folder_id": 2])
            #expect(refused.status == 503)
            #expect(["wazo-amid-error", "asterisk-ari-unreachable"].contains(refused.body?["error_id"]?.string))
            #expect(try await jack.delete("/voicemails/2/messages/\(id)").status == 503)
            #expect(try await scene.messages(as: jack) == [id])
            #expect(try await jack.get("/voicemails/2/messages/\(id)/recording").status == 200)
            try await scene.servers.start(.asterisk)
            try await scene.becomesReady()
            #expect(try await jack.delete("/voicemails/2/messages/\(id)").status == 204)
        }
    }
}

extension Scene {
    /// Jack's only message, in every way, and what the caller said: a tone.
    fileprivate func isListedAndHeard(_ id: String, by jack: RESTClient) async throws {
        #expect(try await messages(as: jack) == [id])
        let box = try await jack.get("/voicemails/2")
        #expect(box.body?["number"] == "1106" && box.body?["folders"]?.array?.count == 6)
        let message = try await jack.get("/users/me/voicemails/messages/\(id)")
        let duration = try #require(message.body?["duration"]?.integer)
        #expect(message.body?["empty"] == false && (3...20).contains(duration))
        let all = try await jack.get("/voicemails/messages?voicemail_id=2")
        #expect(all.body?["total"] == 1 && all.body?["items"]?.array?.first?["transcribed"] == false)

        // Heard: the caller's tone, and the very file.
        let sound = try await jack.get("/users/me/voicemails/messages/\(id)/recording?download=1")
        #expect(sound.headers["content-type"] == "audio/wav")
        #expect(sound.headers["content-disposition"] == "attachment;filename=vm-msg-\(id).wav")
        #expect(sound.bytes == (try Data(contentsOf: boxFolder.appendingPathComponent("INBOX/msg0000.wav"))))
        #expect(try #require(WaveSound(sound.bytes)).share(ofTone: Self.callersTone) > 0.8)
        var part = jack
        part.headers["Range"] = "bytes=44-1043"
        let piece = try await part.get("/voicemails/2/messages/\(id)/recording")
        #expect(piece.status == 206 && piece.bytes == sound.bytes[44..<1044])
        #expect(piece.headers["content-range"] == "bytes 44-1043/\(sound.bytes.count)")
    }

    /// Sends 100 MB.
    fileprivate func statusOfLargeGreeting(_ path: String, as jack: RESTClient) async throws -> Int {
        let file = tandem.folder.appendingPathComponent("large.wav")
        try Data().write(to: file)
        try FileHandle(forWritingTo: file).truncate(atOffset: 100 << 20)
        return try await jack.upload(file, to: path)
    }

    /// A message is left without Tandem's help: a tone for four seconds.
    fileprivate func leaveMessageInAsterisk() async throws {
        let before = newMessages(of: Self.box).count
        let client = RESTClient(
            "http://127.0.0.1:\(lab.httpPort)/ari",
            headers: ["Authorization": "Basic \(Data("lab:lab".utf8).base64EncodedString())"]
        )
        let dialplan = lab.state.appendingPathComponent("etc/extensions_extra.conf")
        try """
        [voicemail-test]
        exten => leave,1,VoiceMail(\(Self.box)@default,s)
        exten => speak,1,Answer()
         same => n,Playtones(!440/4000)
         same => n,Wait(4)
        """.write(to: dialplan, atomically: true, encoding: .utf8)
        #expect(try await client.put("/asterisk/modules/pbx_config.so").status == 204)
        let call = try await client.post(
            "/channels?endpoint=Local/leave@voicemail-test/n&context=voicemail-test&extension=speak&priority=1"
        )
        #expect(call.status == 200, "\(call.text)")
        _ = try await eventually("the message is there", within: .seconds(30)) {
            newMessages(of: Self.box).count > before ? true : nil
        }
        try FileManager.default.removeItem(at: dialplan)
        _ = try await client.put("/asterisk/modules/pbx_config.so")
    }
}
