import Core
import Events
import Foundation
import TandemLab
import Testing

/// What the routes of applications refuse.
@Suite(
    "Errors of applications",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationErrorTests {
    private static let unknown = "70000000-0000-4000-8000-000000000001"

    @Test("an application that is not there, a path that is none, and who may what")
    func access() async throws {
        try await ApplicationScene.play { app in
            let unknown = try await app.rest.get("/applications/\(Self.unknown)/calls")
            #expect(unknown.status == 404 && unknown.body?["error_id"] == "no-such-application")
            #expect(unknown.body?["details"] == ["application_uuid": .string(Self.unknown)])
            #expect(try await app.rest.get("/applications/not-a-uuid").body?["error_id"] == "not-found")
            let token = try await app.scene.tandem.createToken(
                tenant: Demo.tenant,
                acl: ["calld.applications.\(app.id).calls.read"]
            )
            let reader = app.scene.tandem.rest.with(token: token)
            #expect(try await reader.get("\(app.path)/calls").status == 200)
            #expect(try await reader.get("\(app.path)/nodes").status == 401)
            let anonymous = try await app.scene.tandem.rest.get("\(app.path)/calls")
            #expect(anonymous.status == 401)
        }
    }

    @Test("calls to place: what is missing, cannot be dialled or cannot be set; and keys that are none")
    func calls() async throws {
        try await ApplicationScene.play { app in
            for (body, details): (JSONValue, JSONValue) in [
                (["context": "default"], ["exten": ["Missing data for required field."]]),
                (["exten": "1101"], ["context": ["Missing data for required field."]]),
            ] {
                let answer = try await app.does(.post, "calls", body, 400)
                #expect(answer["details"] == details)
            }
            for body: JSONValue in [
                ["exten": "98765432", "context": "from-extern"], ["exten": "1101", "context": "nowhere"],
                ["exten": "1101@default/n", "context": "default"], ["exten": "1101&PJSIP/x", "context": "default"],
            ] {
                try await app.isRefused(.post, "calls", body, 400, "invalid-extension")
            }
            for (field, value, id): (String, JSONValue, JSONValue) in [
                ("variables", ["A": 1], "key-value-type"), ("variables", ["FILE(/tmp/x)": "y"], "key-value-name"),
                ("variables", ["SHELL(id)": "y"], "key-value-name"),
                ("variables", ["A": .string(String(repeating: "a", count: 2_049))], "key-value-length"),
                ("variables", [String(repeating: "A", count: 129): "y"], "key-value-length"),
                ("displayed_caller_id_name", .string(String(repeating: "a", count: 257)), "length"),
                ("displayed_caller_id_number", .string(String(repeating: "1", count: 257)), "length"),
            ] {
                let body: JSONValue = ["exten": "1101", "context": "default", field: value]
                let answer = try await app.does(.post, "calls", body, 400)
                #expect(answer["details"]?[field]?.array?.first?["constraint_id"] == id, "\(answer.text)")
            }
            let body: JSONValue = ["exten": "1101", "context": "default", "variables": "x"]
            try await app.isRefused(.post, "calls", body, 400, "invalid-data")
            let keys = String(repeating: "1", count: 129)
            for query in ["?digits=12a", "?digits=", "?digits=\(keys)", ""] {
                try await app.isRefused(.put, "calls/1.2/dtmf\(query)", 400, "invalid-data")
            }
        }
    }

    @Test("nodes and playbacks: nothing in them, calls that are not there, and such as nobody made")
    func nodes() async throws {
        try await ApplicationScene.play { app in
            let missing = try await app.does(.post, "nodes", [:], 400)
            #expect(missing["details"] == ["calls": ["Missing data for required field."]])
            let empty = try await app.does(.post, "nodes", ["calls": []], 400)
            #expect(
                empty["details"]?["calls"]?.array?.first?["constraint"] == ["min": 1, "max": .null],
                "\(empty.text)"
            )
            let nameless = try await app.does(.post, "nodes", ["calls": [[:]]], 400)
            #expect(nameless["details"] == ["calls": ["0": ["id": ["Missing data for required field."]]]])
            try await app.isRefused(.post, "nodes", ["calls": [["id": "1.2"]]], 400, "no-such-call")
            let id = Self.unknown
            for (method, path): (ApplicationScene.Method, String) in [
                (.get, "nodes/\(id)"), (.delete, "nodes/\(id)"), (.put, "nodes/\(id)/calls/1.2"),
                (.delete, "nodes/\(id)/calls/1.2"),
            ] {
                try await app.isRefused(method, path, 404, "no-such-node")
            }
            let dial: JSONValue = ["exten": "1101", "context": "default"]
            try await app.isRefused(.post, "nodes/\(id)/calls", dial, 404, "no-such-node")
            let user: JSONValue = ["user_uuid": .string(Demo.bob)]
            try await app.isRefused(.post, "nodes/\(id)/calls/user", user, 404, "no-such-node")
            try await app.isRefused(.delete, "playbacks/\(id)", 404, "no-such-playback")

            let (caller, call) = try await app.answeredCaller()
            let made = try await app.does(.post, "nodes", ["calls": [["id": .string(call)]]], 201)
            let node = try #require(made["uuid"]?.string)
            for method: ApplicationScene.Method in [.put, .delete] {
                try await app.isRefused(method, "nodes/\(node)/calls/1.2", 404, "no-such-call")
            }
            try await app.isRefused(.post, "nodes/\(node)/calls/user", [:], 400, "invalid-data")
            try await caller.hangUp()
            await caller.close()
        }
    }

    @Test("another tenant's application reaches neither our contexts, nor users, nor music")
    func otherTenant() async throws {
        try await ApplicationScene.play { app in
            let token = try await app.scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            let rest = app.scene.tandem.rest.with(token: token)
            let made = try await rest.post("/applications", ["name": "Test", "destination": "node"])
            let id = try #require(made.body?["uuid"]?.string)
            #expect(made.body?["tenant_uuid"]?.string == Demo.otherTenant)
            let path = "/applications/\(id)"
            func isRefused(_ answer: RESTAnswer, _ status: Int, _ error: String) {
                #expect(answer.status == status && answer.body?["error_id"]?.string == error, "\(answer.text)")
            }
            let dial: JSONValue = ["exten": "1101", "context": "default"]
            isRefused(try await rest.post("\(path)/calls", dial), 400, "invalid-extension")
            isRefused(try await rest.post("\(path)/nodes/\(id)/calls", dial), 400, "invalid-extension")
            let user: JSONValue = ["user_uuid": .string(Demo.bob)]
            isRefused(try await rest.post("\(path)/nodes/\(id)/calls/user", user), 400, "invalid-user")
            let music = "70000000-0000-4000-8000-00000000000a"
            _ = try await app.scene.database.rows(
                """
                INSERT INTO moh (uuid, tenant_uuid, name, label, mode)
                VALUES ('\(music)', '\(Demo.tenant)', 'default', 'Default', 'files') ON CONFLICT DO NOTHING
                """
            )
            _ = try await app.scene.database.rows(
                "UPDATE dialaction SET actionarg1 = '\(id)' WHERE category = 'incall' AND categoryval = '17'"
            )
            let (caller, call) = try await ApplicationScene(scene: app.scene, id: id).caller()
            isRefused(try await rest.put("\(path)/calls/\(call)/moh/\(music)/start"), 404, "no-such-moh")
            #expect(try await rest.delete("\(path)/calls/\(call)").status == 204)
            #expect(try await rest.delete(path).status == 204)
            _ = try await app.scene.database.rows("DELETE FROM moh WHERE uuid = '\(music)'")
            await caller.close()
        }
    }
}
