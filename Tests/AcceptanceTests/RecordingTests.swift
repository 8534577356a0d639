import Core
import Events
import Foundation
import TandemLab
import Testing

/// Recordings of real calls (contract 10 §2.10): Kim calls Erin, who may record.
@Suite("Recordings", .serialized, .timeLimit(.minutes(5)), .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct RecordingTests {
    @Test("started, paused, resumed, stopped, each told once; the file has both voices")
    func overREST() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let path = "/calls/\(talk.erinsChannel)/record"
            #expect(try await scene.rest.put("\(path)/start").status == 204)
            try await scene.recording(of: talk.erinsChannel, is: "active")
            #expect(await talk.kim.audio.hears(Scene.operatorsTone), "they talk on")
            #expect(try await scene.rest.put("\(path)/start").status == 204, "only the tone again")
            #expect(try await scene.rest.put("\(path)/pause").status == 204)
            try await scene.recording(of: talk.erinsChannel, is: "paused")
            #expect(try await scene.rest.put("\(path)/pause").status == 204)
            #expect(try await scene.rest.put("\(path)/resume").status == 204)
            try await scene.recording(of: talk.erinsChannel, is: "active")
            let file = try await scene.recordedFile(of: talk.erinsChannel)
            let before = scene.size(of: file)
            _ = try await eventually("the file grows") { scene.size(of: file) > before + 16_000 ? true : nil }
            #expect(try await scene.rest.put("\(path)/stop").status == 204)
            try await scene.recording(of: talk.erinsChannel, is: "inactive")
            #expect(try await scene.rest.put("\(path)/stop").status == 204, "nothing to stop")
            try await scene.told(of: talk.erinsChannel, ["started", "paused", "resumed", "stopped"])
            let sound = try #require(WaveSound(try Data(contentsOf: file)))
            #expect(sound.share(ofTone: Scene.operatorsTone) > 0.1 || sound.share(ofTone: Scene.callersTone) > 0.1)
            #expect(file.path.contains("/\(Demo.tenant)/monitor/"))
            let row = try await scene.database.value(
                "select phase || ' ' || jsonb_array_length(pauses) || ' ' || (ended_at is not null) || ' ' || user_uuid "
                    + "from gateway.recording where call_id = '\(talk.erinsChannel)'"
            )
            #expect(row == "ended 1 true \(Demo.Office.Phone.erin.uuid)")
            let event = try await scene.bus.expect("recording_started")
            #expect(event.headers["user_uuid:\(Demo.Office.Phone.erin.uuid)"] == true)
            #expect(event.headers["required_acl"]?.string == "events.calls.\(Demo.Office.Phone.erin.uuid)")
            try await talk.kim.hangUp()
            try await talk.close()
        }
    }

    @Test("the key *3 records, pauses and resumes; the end of the call ends the recording")
    func byKey() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            await talk.erin.audio.press("*3")
            try await scene.recording(of: talk.erinsChannel, is: "active")
            await talk.erin.audio.press("*3")
            try await scene.recording(of: talk.erinsChannel, is: "paused")
            await talk.erin.audio.press("*3")
            try await scene.recording(of: talk.erinsChannel, is: "active")
            try await talk.kim.hangUp()
            try await scene.becomesSilent()
            try await scene.told(of: talk.erinsChannel, ["started", "paused", "resumed", "stopped"])
            _ = try await eventually("the row has its end") {
                try await scene.database.value(
                    "select phase from gateway.recording where call_id = '\(talk.erinsChannel)'"
                ) == "ended" ? true : nil
            }
            try await talk.close()
        }
    }

    @Test("whose calls are always recorded: from the answer on")
    func always() async throws {
        try await Scene.inOffice { scene in
            _ = try await scene.database.rows(
                "UPDATE userfeatures SET call_record_incoming_internal_enabled = true WHERE id = 11"
            )
            let talk = try await scene.officeTalk()
            try await scene.told(of: talk.erinsChannel, ["started"])
            try await talk.kim.hangUp()
            try await scene.told(of: talk.erinsChannel, ["started", "stopped"])
            try await talk.close()
        }
    }

    @Test("Tandem is killed while a call is recorded: it is recorded on, or has ended, and is told so")
    func killed() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let path = "/calls/\(talk.erinsChannel)/record"
            #expect(try await scene.rest.put("\(path)/start").status == 204)
            try await scene.recording(of: talk.erinsChannel, is: "active")
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.recording(of: talk.erinsChannel, is: "active")
            #expect(try await scene.rest.put("\(path)/pause").status == 204)
            try await scene.told(of: talk.erinsChannel, ["started", "paused"])
            await scene.tandem.kill()
            try await talk.kim.hangUp()
            try await scene.tandem.start()
            try await scene.becomesReady()
            try await scene.told(of: talk.erinsChannel, ["started", "paused", "stopped"])
            let open = try await scene.database.value("select count(*) from gateway.recording where ended_at is null")
            #expect(open == "0")
            try await talk.close()
        }
    }

    @Test("who may not is told so, and nothing is recorded")
    func refusals() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            func put(_ client: RESTClient, _ path: String) async throws -> String {
                let answer = try await client.put(path)
                return "\(answer.status) \(answer.body?["error_id"]?.string ?? "")"
            }
            let erins = "calls/\(talk.erinsChannel)/record"
            let kims = "calls/\(talk.kimsChannel)/record"
            let erin = try await scene.rest(as: .erin)
            #expect(try await put(scene.rest, "/\(kims)/start") == "403 recording-unauthorized")
            #expect(try await put(scene.rest, "/\(erins)/pause") == "400 recording-not-started")
            #expect(try await put(scene.rest, "/\(erins)/resume") == "400 recording-not-started")
            #expect(try await put(scene.rest, "/\(erins)/stop") == "204 ")
            #expect(try await put(scene.rest, "/calls/1.1/record/start") == "404 no-such-call")
            #expect(try await put(erin, "/users/me/\(kims)/start") == "403 user-permission-denied")
            let foreign = try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            #expect(try await put(scene.tandem.rest.with(token: foreign), "/\(erins)/start") == "404 no-such-call")
            #expect(try await scene.call(talk.erinsChannel)["record_state"] == "inactive")
            #expect(try await put(erin, "/users/me/\(erins)/start") == "204 ")
            try await scene.recording(of: talk.erinsChannel, is: "active")
            // Two at once: one recording.
            async let one = put(erin, "/users/me/\(erins)/stop")
            async let other = put(scene.rest, "/\(erins)/stop")
            #expect(try await [one, other] == ["204 ", "204 "])
            try await scene.told(of: talk.erinsChannel, ["started", "stopped"])
            try await talk.kim.hangUp()
            try await talk.close()
        }
    }
}

extension Scene {
    /// Waits until a call's `record_state` is this.
    fileprivate func recording(of call: String, is state: String) async throws {
        _ = try await eventually("\(call) is \(state)") {
            try await self.call(call)["record_state"]?.string == state ? true : nil
        }
    }

    /// Waits until these events of the recordings of a call were told, and no others.
    fileprivate func told(of call: String, _ expected: [String]) async throws {
        @Sendable func heard() async -> [String] {
            await bus.deliveries.entries.compactMap { event in
                guard let name = event.name, name.hasPrefix("recording_"), event.data?["call_id"]?.string == call else {
                    return nil
                }
                return String(name.dropFirst("recording_".count))
            }
        }
        do {
            _ = try await eventually("events of the recording") { await heard() == expected ? true : nil }
        } catch {
            throw LabFailure.tooLate("told \(await heard()), not \(expected)")
        }
    }

    /// The file of a call's recording.
    fileprivate func recordedFile(of call: String) async throws -> URL {
        let path = try await database.value("select file from gateway.recording where call_id = '\(call)'")
        return URL(fileURLWithPath: path ?? "")
    }

    /// Bytes of a file.
    fileprivate func size(of file: URL) -> Int {
        (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
    }
}
