import CallControl
import Core
import Events
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Relocates

@Suite("Relocate: what is refused", .timeLimit(.minutes(1)))
struct RelocateRefusalTests {
    private let path = RelocateBench.path

    @Test(
        "errors of creation",
        arguments: [
            ("alice", ["initiator_call": "9.9", "destination": "mobile"], 403, "user-permission-denied", .null),
            ("bob", RelocateBench.toMobile, 403, "user-permission-denied", .null),
            ("nobody", RelocateBench.toMobile, 400, "token-with-user-uuid-required", .null),
            ("nobody", [:], 400, "invalid-data", .null), ("powerless", [:], 401, "unauthorized", .null),
            (
                "alice", ["initiator_call": "1.1", "destination": "line", "location": ["line_id": 4]], 400,
                "relocate-creation-error", "invalid line for user"
            ),
            (
                "alice",
                [
                    "initiator_call": "1.1", "destination": "line",
                    "location": ["line_id": 1, "contact": "nowhere"],
                ], 400, "relocate-creation-error", "Failed to find a matching contact"
            ),
            (
                "alice",
                [
                    "initiator_call": "1.1", "destination": "line",
                    "location": ["line_id": 1, "contact": "PJSIP/trunk/sip:0123@carrier"],
                ], 400, "relocate-creation-error", "Failed to find a matching contact"
            ),
        ] as [(String, JSONValue, Int, String, JSONValue)]
    )
    func errors(_ token: String, _ body: JSONValue, _ status: Int, _ id: String, _ reason: JSONValue) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let reply = try await bench.request(.post, path, token: token, body: body)
            #expect(reply.status == status)
            #expect(reply.body["error_id"]?.string == id)
            if reason != .null { #expect(reply.body["details"]?["message"] == reason) }
            if id == "user-permission-denied" {
                #expect(reply.body["details"]?["call"] == body["initiator_call"])
                #expect(reply.body["details"]?["user"] != nil)
            }
            #expect(bench.events.isEmpty && bench.store.rows.isEmpty)
        }
    }

    @Test("the mobile: no line, no number, no such extension, no manager")
    func mobile() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false, owner: RelocateBench.dave)
        try await bench.run {
            let noLine = try await bench.request(.post, path, token: "dave", body: RelocateBench.toMobile)
            #expect(noLine.status == 400 && noLine.body["error_id"] == "user-missing-main-line")
            try await bench.call(inStasis: false, owner: RelocateBench.bob)
            let noNumber = try await bench.request(.post, path, token: "bob", body: RelocateBench.toMobile)
            #expect(noNumber.status == 400 && noNumber.body["error_id"] == "relocate-creation-error")
            try await bench.call(inStasis: false)
            bench.manager.setExtensions([])
            let unknown = try await bench.request(.post, path, body: RelocateBench.toMobile)
            #expect(
                unknown.body["details"] == [
                    "message": "invalid destination", "destination": "extension",
                    "location": ["exten": "0612", "context": "internal"],
                ]
            )
            bench.manager.fail("ShowDialplan", with: .unreachable("refused"))
            let away = try await bench.request(.post, path, body: RelocateBench.toMobile)
            #expect(away.status == 503 && away.body["error_id"] == "wazo-amid-error")
        }
    }

    @Test("with nobody to relocate, or several; who waits in the same queue is no peer")
    func candidates() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.asterisk.createBridge(BridgeID("queue"), kind: .holding)
        try await bench.run {
            let third = ChannelID("1.3")
            bench.asterisk.put(Channel(id: third))
            try await bench.asterisk.add(third, to: RelocateBench.oldBridge)
            let several = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(several.status == 409 && several.body["error_id"] == "too-many-channels-candidates")
            #expect(several.body["details"] == ["candidates": ["1.2", "1.3"]])
            for channel in [RelocateBench.initiator, third] {
                try await bench.asterisk.add(channel, to: BridgeID("queue"))
            }
            let none = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(none.status == 400 && none.body["error_id"] == "relocate-creation-error")
            #expect(none.body["details"]?["message"] == "relocated channel not found")
        }
    }

    @Test("a call that plays any part in a relocate cannot begin another; after the end it can")
    func conflict() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            let second = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(second.status == 409 && second.body["error_id"] == "relocate-already-started")
            #expect(second.body["details"] == ["initiator_call": "1.1"])
            await bench.hangUp(bench.recipient(id))
            _ = try await bench.begin()
        }
    }

    @Test("another user's relocate is not there, and a token without user is told so")
    func others() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin()
            let methods: [(HTTPRequest.Method, String)] = [(.get, ""), (.put, "/complete"), (.put, "/cancel")]
            for (method, action) in methods {
                let foreign = try await bench.request(method, "\(path)/\(id)\(action)", token: "bob")
                #expect(foreign.status == 404)
                let nobody = try await bench.request(method, "\(path)/\(id)\(action)", token: "nobody")
                #expect(nobody.status == 400 && nobody.body["error_id"] == "token-with-user-uuid-required")
            }
            let list = try await bench.request(.get, path, token: "bob")
            #expect(list.body == ["items": []])
            #expect(bench.phase(id) == "ringing")
        }
    }

    @Test(
        "a device that cannot be dialled: one end event without recipient, no 409 for ever",
        arguments: [
            (.invalid("no"), 400, "relocate-creation-error"), (.internalError("no"), 400, "relocate-creation-error"),
            (.unreachable("no"), 503, "asterisk-ari-unreachable"), (.unavailable("no"), 503, "asterisk-ari-error"),
        ] as [(TelephonyFailure, Int, String)]
    )
    func refusedDevice(_ failure: TelephonyFailure, _ status: Int, _ id: String) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            bench.asterisk.fail("originate", with: failure)
            let reply = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(reply.status == status && reply.body["error_id"]?.string == id)
            #expect(bench.events == ["ended"])
            #expect(bench.store.messages.first?.body.contains("\"recipient_call\":null") == true)
            bench.asterisk.fail("originate", with: nil)
            _ = try await bench.begin()
        }
    }

    @Test("what became of a relocate is told to who began it, also after its end")
    func history() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let begun = try await bench.request(.post, path, body: RelocateBench.toLine)
            let id = try #require(begun.body["uuid"]?.string)
            let cancelled = try await bench.request(.put, "\(path)/\(id)/cancel")
            #expect(cancelled.status == 204)
            let history = try await bench.request(.get, "\(path)/\(id)/history")
            let lines = history.body["items"]?.array ?? []
            #expect(lines.first?["user_uuid"]?.string == RelocateBench.alice.rawValue)
            #expect(lines.last?["to"]?.string == "ended")
            let unknown = try await bench.request(.get, "\(path)/none/history")
            #expect(unknown.body["error_id"] == "no-such-relocate")
        }
    }
}
