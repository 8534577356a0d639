import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Which applications there are: from the tables, over REST, from confd; whose they are; and many of them.
@Suite(
    "Applications of the directory",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationDirectoryTests {
    @Test("made, shown, changed and deleted over REST; Asterisk follows")
    func overREST() async throws {
        try await Scene.inOffice { scene in
            let made = try await scene.rest.post("/applications", ["name": "One", "destination": "node"])
            #expect(made.status == 201, "\(made.text)")
            let id = try #require(made.body?["uuid"]?.string)
            #expect(made.body?["tenant_uuid"]?.string == Demo.tenant)
            #expect(made.body?["destination_options"] == ["type": "holding", "music_on_hold": .null, "answer": false])
            #expect(try await scene.ari.hasApplication("wazo-app-\(id)"))
            #expect(try await scene.ari.channels(inBridge: id) == [])
            let listed = try await scene.rest.get("/applications").body?["items"]?.array ?? []
            #expect(listed.contains { $0["uuid"]?.string == id && $0["name"] == "One" })
            #expect(try await scene.rest.get("/applications/\(id)").body == ["destination_node_uuid": .string(id)])
            let upper = try await scene.rest.get("/applications/\(id.uppercased())")
            #expect(upper.status == 200, "a uuid in any case")
            let changed = try await scene.rest.put(
                "/applications/\(id)",
                ["name": "Two", "destination": "node", "destination_options": ["type": "mixing"]]
            )
            #expect(changed.status == 204, "\(changed.text)")
            _ = try await eventually("a mixing node") {
                try await scene.ari.bridges().contains { $0["id"]?.string == id && $0["bridge_type"] == "mixing" }
                    ? true : nil
            }
            for bad: JSONValue in [
                ["name": 5], ["destination": "queue"], ["destination": "node", "destination_options": ["type": "x"]],
            ] {
                let answer = try await scene.rest.post("/applications", bad)
                #expect(answer.status == 400 && answer.body?["error_id"] == "invalid-data", "\(answer.text)")
            }
            #expect(try await scene.rest.delete("/applications/\(id)").status == 204)
            #expect(try await scene.rest.get("/applications/\(id)").status == 404)
            #expect(try await scene.rest.delete("/applications/\(id)").status == 404)
            try await scene.bridgeIsGone(id)
            _ = try await eventually("Asterisk has it no more") {
                try await scene.ari.hasApplication("wazo-app-\(id)") ? nil : true
            }
        }
    }

    @Test("written into the tables by somebody else: notifications tell; and so does tandem reload")
    func fromTables() async throws {
        try await Scene.inOffice { scene in
            let id = "60000000-0000-4000-8000-0000000000aa"
            _ = try await scene.database.rows("DELETE FROM application WHERE uuid = '\(id)'")
            _ = try await scene.database.rows(
                "INSERT INTO application (uuid, tenant_uuid, name) VALUES ('\(id)', '\(Demo.tenant)', 'By hand')"
            )
            _ = try await eventually("registered") {
                try await scene.rest.get("/applications/\(id)").status == 200 ? true : nil
            }
            _ = try await scene.database.rows("ALTER TABLE application DISABLE TRIGGER gateway_row")
            _ = try await scene.database.rows("UPDATE application SET name = 'Quietly' WHERE uuid = '\(id)'")
            _ = try await scene.database.rows("ALTER TABLE application ENABLE TRIGGER gateway_row")
            try await scene.tandem.command(["reload"])
            _ = try await eventually("read again") {
                let items = try await scene.rest.get("/applications").body?["items"]?.array ?? []
                return items.contains { $0["name"] == "Quietly" } ? true : nil
            }
            _ = try await scene.database.rows("DELETE FROM application WHERE uuid = '\(id)'")
            _ = try await eventually("deregistered") {
                try await scene.rest.get("/applications/\(id)").status == 404 ? true : nil
            }
        }
    }

    @Test("in the platform: confd's events register, change and remove an application; its calls are told")
    func platform() async throws {
        try await Scene.play(.platform) { scene in
            guard let platform = scene.platform else { return }
            let id = "60000000-0000-4000-8000-0000000000bb"
            try await platform.application(id, "created")
            let app = ApplicationScene(scene: scene, id: id)
            _ = try await eventually("registered") { try await app.rest.get(app.path).status == 200 ? true : nil }
            _ = try await scene.database.rows(
                "UPDATE dialaction SET actionarg1 = '\(id)' WHERE category = 'incall' AND categoryval = '17'"
            )
            let (caller, call) = try await app.caller()
            try await app.does(.put, "calls/\(call)/progress/start", 204)
            try await app.hears("application_progress_started")
            try await app.does(.put, "calls/\(call)/answer", 204)
            try await caller.answered()
            try await app.does(.put, "calls/\(call)/hold/start", 204)
            try await app.hears("application_call_updated") { $0["call"]?["on_hold"] == true }
            await caller.audio.press("3")
            try await app.hears("application_call_dtmf_received")
            try await platform.application(id, "edited", destination: "node")
            try await app.hears("application_destination_node_created")
            #expect(try await scene.rest.post("/applications", ["name": "No"]).status == 405, "confd keeps them")
            try await platform.application(id, "deleted")
            try await caller.hungUpByPeer()
            _ = try await eventually("gone") { try await app.rest.get(app.path).status == 404 ? true : nil }
            try await app.hears("application_node_deleted")
            await caller.close()
            _ = try await scene.database.rows(
                """
                UPDATE dialaction SET actionarg1 = '60000000-0000-4000-8000-000000000001'
                WHERE category = 'incall' AND categoryval = '17'
                """
            )
        }
    }

    @Test("in the platform: a deleted tenant takes its applications along, though confd still has them; others stay")
    func deletedTenant() async throws {
        try await Scene.play(.platform) { scene in
            guard let platform = scene.platform else { return }
            let (mine, theirs) = ("60000000-0000-4000-8000-0000000000cc", "60000000-0000-4000-8000-0000000000dd")
            try await platform.application(mine, "created")
            try await platform.application(theirs, "created", tenant: Demo.otherTenant)
            let other = scene.tandem.rest.with(
                token: platform.token(tenant: Demo.otherTenant, user: nil, acl: ["calld.#"])
            )
            _ = try await eventually("registered") {
                let answers = (
                    try await scene.rest.get("/applications/\(mine)").status,
                    try await other.get("/applications/\(theirs)").status
                )
                return answers == (200, 200) ? true : nil
            }
            try await platform.tenantDeleted(Demo.otherTenant)
            _ = try await eventually("gone") {
                try await other.get("/applications/\(theirs)").status == 404 ? true : nil
            }
            #expect(try await scene.rest.get("/applications/\(mine)").status == 200)
            for (id, tenant) in [(mine, Demo.tenant), (theirs, Demo.otherTenant)] {
                try await platform.application(id, "deleted", tenant: tenant)
            }
        }
    }

    @Test("another tenant sees nothing and commands nothing; the master tenant everything")
    func tenants() async throws {
        try await ApplicationScene.play { app in
            let (caller, call) = try await app.answeredCaller()
            let other = app.scene.tandem.rest.with(
                token: try await app.scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            )
            let id = "70000000-0000-4000-8000-000000000001"
            for path in ["", "/calls", "/nodes", "/nodes/\(id)", "/snoops", "/snoops/\(id)"] {
                let answer = try await other.get(app.path + path)
                #expect(answer.status == 404 && answer.body?["error_id"] == "no-such-application", "\(path)")
            }
            let calls = "\(app.path)/calls"
            for path in [
                "answer", "hold/start", "hold/stop", "mute/start", "mute/stop", "moh/\(id)/start", "moh/stop",
                "progress/start", "progress/stop", "dtmf?digits=1",
            ] {
                #expect(try await other.put("\(calls)/\(call)/\(path)").status == 404, "\(path)")
            }
            let node: JSONValue = ["calls": [["id": .string(call)]]]
            let dial: JSONValue = ["exten": "1101", "context": "default"]
            for (path, body): (String, JSONValue) in [
                ("/calls", dial), ("/calls/\(call)/playbacks", ["uri": "sound:beep"]),
                ("/calls/\(call)/snoops", ["snooping_call_id": .string(call)]), ("/nodes", node),
                ("/nodes/\(id)/calls", dial), ("/nodes/\(id)/calls/user", ["user_uuid": .string(Demo.bob)]),
            ] {
                #expect(try await other.post(app.path + path, body).status == 404, "\(path)")
            }
            for path in [
                "", "/calls/\(call)", "/nodes/\(id)", "/nodes/\(id)/calls/\(call)", "/playbacks/\(id)",
                "/snoops/\(id)",
            ] {
                #expect(try await other.delete(app.path + path).status == 404, "\(path)")
            }
            #expect(try await other.put("\(app.path)/nodes/\(id)/calls/\(call)").status == 404)
            #expect(try await other.put("\(app.path)/snoops/\(id)", ["whisper_mode": "in"]).status == 404)
            #expect(try await other.put(app.path, ["name": "Mine"]).status == 404)
            let listed = try await other.get("/applications").body?["items"]?.array ?? []
            #expect(!listed.contains { $0["uuid"]?.string == app.id })
            let master = app.scene.tandem.rest.with(token: try await app.scene.masterToken())
            #expect(try await master.get("\(app.path)/calls").body?["items"]?.array?.count == 1)
            #expect(try await app.call(call) != nil, "nothing has happened to it")
            try await caller.hangUp()
            await caller.close()
        }
    }

    @Test("the call of a user whose line is in the application: told as outgoing, answered by the program")
    func outgoing() async throws {
        try await ApplicationScene.play { app in
            // What Asterisk makes of such a line: its context is that of the Stasis application.
            let endpoint = "Local/77@stasis-wazo-app-\(app.id)/n"
            let witness = try await StasisWitness.register("witness", in: app.scene.lab)
            try await app.scene.ari.originate(endpoint, channel: "user-leg", into: "witness", "x")
            let created = try await app.hears("application_user_outgoing_call_created")
            let call = try #require(created.data?["call"]?["id"]?.string)
            #expect(created.data?["call"]?["is_caller"] == true)
            #expect(created.routingKey == "applications.\(app.id).user_outgoing_call.\(call).created")
            try await app.does(.put, "calls/\(call)/answer", 204)
            try await app.hears("application_call_answered") { $0["call"]?["id"]?.string == call }
            _ = try await eventually("marked for the dialplan") {
                try await app.scene.ari.variable("WAZO_USER_OUTGOING_CALL", of: call) == "true" ? true : nil
            }
            try await app.does(.delete, "calls/\(call)", 204)
            try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == call }
            witness.close()
        }
    }

    @Test("100 applications with 10 calls each come and go: no channel, bridge, row or memory stays")
    func hundred() async throws {
        try await Scene.inOffice { scene in
            _ = try await scene.database.rows("DELETE FROM application WHERE name IN ('Test', 'Without')")
            _ = try await eventually("nothing of earlier tests is left", within: .seconds(60)) {
                try await scene.database.value(
                    "select count(*) from gateway.aggregate where kind like 'application_%'"
                ) == "0" ? true : nil
            }
            var apps: [ApplicationScene] = []
            let before = try #require(await scene.tandem.residentMegabytes)
            for _ in 0..<100 { apps.append(try await ApplicationScene.make(in: scene, options: ["answer": true])) }
            // Ten calls of the carrier's for each, one application after the other: the number leads to the next one.
            for app in apps {
                _ = try await scene.database.rows(
                    "UPDATE dialaction SET actionarg1 = '\(app.id)' WHERE category = 'incall' AND categoryval = '17'"
                )
                let start = await scene.bus.deliveries.entries.count
                let crowd = try await SIPpCrowd(10, dialling: ApplicationScene.number, in: scene.lab)
                _ = try await eventually("ten calls", within: .seconds(20)) {
                    try await app.members(app.id)?.count == 10 ? true : nil
                }
                #expect(try await crowd.hangUp() == 0)
                await crowd.close()
                _ = try await eventually("all are told to be gone", within: .seconds(20)) {
                    await scene.bus.deliveries.entries.dropFirst(start)
                        .count { $0.name == "application_call_deleted" } == 10 ? true : nil
                }
            }
            #expect(try await scene.ari.bridges().count { $0["name"]?.string == $0["id"]?.string } >= 100)
            for app in apps { try await app.remove() }
            try await scene.becomesSilent()
            let left = try await scene.ari.bridges().filter { $0["bridge_class"] == "stasis" }
            #expect(left.isEmpty, "\(left.map(\.text))")
            let rows = try await scene.database.value(
                "select count(*) from gateway.aggregate where kind like 'application_%'"
            )
            #expect(rows == "0")
            let after = try #require(await scene.tandem.residentMegabytes)
            #expect(after - before < 60, "from \(before) to \(after) MB")
        }
    }
}
