import Core
import Foundation
import Testing

@testable import TandemTesting

/// The fake is held against the same golden bodies as the client, so that the two cannot merely agree.
@Suite("The fake confd")
struct FakeConfdTests {
    private let confd: FakeConfd
    private let user = "/1.1/users/b0000000-0000-4000-8000-000000000010"

    init() throws { confd = try FakeConfd() }

    private func ask(
        _ path: String,
        _ query: [String: String] = [:],
        method: String = "GET",
        tenant: TenantID? = nil,
        token: String = FakeConfd.token,
        body: JSONValue? = nil
    ) -> FakeService.Answer {
        var headers = ["x-auth-token": token]
        headers["wazo-tenant"] = tenant?.rawValue
        return confd.answer(
            FakeService.Request(
                method: method,
                path: path,
                query: query,
                headers: headers,
                body: Data((body?.text ?? "").utf8)
            )
        )
    }

    @Test(
        "every golden body is what it answers",
        arguments: [
            ("confd.user", "/users/12", [:]),
            ("confd.users.line_presence", "/users", ["view": "line_presence", "recurse": "True"]),
            ("confd.user.callerids", "/users/12/callerids/outgoing", [:]),
            ("confd.user.blocklist", "/users/12/blocklist/numbers", [:]),
            ("confd.user.services", "/users/12/services", [:]), ("confd.user.forwards", "/users/12/forwards", [:]),
            ("confd.lines", "/lines", ["recurse": "True"]), ("confd.trunks", "/trunks", ["recurse": "True"]),
            ("confd.endpoint_sip", "/endpoints/sip/e0000000-0000-4000-8000-000000000001", [:]),
            ("confd.endpoint_sccp", "/endpoints/sccp/8", [:]), ("confd.endpoint_custom", "/endpoints/custom/4", [:]),
            ("confd.endpoint_iax", "/endpoints/iax/2", [:]), ("confd.extension", "/extensions/71", [:]),
            ("confd.context", "/contexts/21", [:]), ("confd.voicemails", "/voicemails", ["recurse": "true"]),
            ("confd.switchboard", "/switchboards/d0000000-0000-4000-8000-000000000001", [:]),
            ("confd.applications", "/applications", ["recurse": "1"]), ("confd.moh", "/moh", ["recurse": "True"]),
            ("confd.conference", "/conferences/15", [:]), ("confd.parkinglot", "/parkinglots/6", [:]),
            ("confd.group", "/groups/5", [:]), ("confd.meeting", "/meetings/d0000000-0000-4000-8000-000000000003", [:]),
            ("confd.devices", "/devices", ["ip": "192.0.2.77", "recurse": "True"]), ("confd.infos", "/infos", [:]),
            ("confd.status", "/status", [:]), ("confd.error.404", "/users/b0000000-0000-4000-8000-0000000000ff", [:]),
            (
                "confd.meeting.authorization",
                "/guests/d2000000-0000-4000-8000-0000000000a1/meetings/d0000000-0000-4000-8000-000000000003"
                    + "/authorizations/d2000000-0000-4000-8000-000000000001",
                [:]
            ),
        ] as [(String, String, [String: String])]
    )
    func golden(name: String, path: String, query: [String: String]) throws {
        let golden = try GoldenBodies.body(name)
        let answer = ask("/1.1" + path, query)
        #expect(answer.status == (name == "confd.error.404" ? 404 : 200))
        let body = try #require(answer.body)
        // Lists hold the whole world, golden ones a part of it.
        #expect(GoldenBodies.differences(of: body.reduced(to: golden), from: golden) == [])
    }

    @Test("the bodies that are sent to it are taken, and seen afterwards")
    func writes() throws {
        for name in ["confd.user.forward.put", "confd.user.forwards.put.clear"] {
            #expect(try GoldenBodies.names.contains(name))
        }
        let forward = try GoldenBodies.body("confd.user.forward.put")
        #expect(ask(user + "/forwards/busy", method: "PUT", body: forward).status == 204)
        #expect(ask(user + "/forwards/busy").body == forward)
        let clear = try GoldenBodies.body("confd.user.forwards.put.clear")
        #expect(ask(user + "/forwards", method: "PUT", body: clear).status == 204)
        #expect(ask(user + "/forwards/busy").body == ["enabled": false, "destination": "0600000010"])
        #expect(ask(user + "/services/dnd", method: "PUT", body: ["enabled": true]).status == 204)
        #expect(ask(user + "/services").body?["dnd"] == ["enabled": true])
        #expect(ask(user + "/services/dnd", method: "PUT", body: ["enabled": "true"]).status == 400)
    }

    @Test("no golden body of confd is left out above")
    func all() throws {
        let elsewhere: Set = ["confd.user.forward.put", "confd.user.forwards.put.clear"]
        let count = try GoldenBodies.names.filter { $0.hasPrefix("confd.") && !elsewhere.contains($0) }.count
        #expect(count == 27)
    }

    @Test("items are read downwards, lists only with recurse")
    func tenants() {
        let path = "/1.1/voicemails/44"
        #expect(ask(path).status == 200)
        #expect(ask(path, tenant: FakeConfd.master).status == 200)
        #expect(ask(path, tenant: FakeConfd.tenant).status == 200)
        #expect(ask(path, tenant: FakeConfd.sibling).status == 404)
        #expect(ask(path, tenant: TenantID("unknown")).status == 401)
        #expect(ask("/1.1/voicemails").body?["total"] == 0)
        #expect(ask("/1.1/voicemails", ["recurse": "True"]).body?["total"] == 2)
        #expect(ask("/1.1/voicemails", tenant: FakeConfd.tenant).body?["total"] == 2)
        #expect(ask("/1.1/voicemails", ["accesstype": "global"], tenant: FakeConfd.tenant).body?["total"] == 1)
    }

    @Test("a number on the blocklist is a 204 with its uuid")
    func blocklist() {
        let path = user + "/blocklist/numbers"
        let hit = ask(path, ["number_exact": "+33999000111"], method: "HEAD")
        #expect(hit.status == 204)
        #expect(hit.headers["Wazo-Blocklist-Number-UUID"] == "d0000000-0000-4000-8000-00000000000b")
        #expect(ask(path, ["number_exact": "+33999000112"], method: "HEAD").status == 404)
        #expect(ask(path, ["number_exact": "0999"], method: "HEAD").status == 400)
    }

    @Test("an unknown token is refused")
    func token() {
        #expect(ask("/1.1/lines", token: "wrong").status == 401)
        confd.accept(["other"])
        #expect(ask("/1.1/lines").status == 401)
        #expect(ask("/1.1/lines", token: "other").status == 200)
    }
}

extension JSONValue {
    /// A list with only those items that the golden list has, and its total.
    fileprivate func reduced(to golden: JSONValue) -> JSONValue {
        guard let wanted = golden["items"]?.array, let items = self["items"]?.array, var members = object else {
            return self
        }
        members["items"] = .array(
            items.filter { item in
                wanted.contains {
                    $0["id"] == item["id"] && $0["uuid"] == item["uuid"] && $0["number"] == item["number"]
                }
            }
        )
        return .object(members)
    }
}
