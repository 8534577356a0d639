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

@Suite("Relocate: a call's journey", .timeLimit(.minutes(1)))
struct RelocateJourneyTests {
    private let path = RelocateBench.path

    @Test("a call of the dialplan, completed by the answer: redirected, bridged, only then the old device is hung up")
    func dialplan() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let before = bench.commands.count
            let reply = try await bench.request(.post, path, body: RelocateBench.toLine)
            #expect(reply.status == 201)
            let id = try #require(reply.body["uuid"]?.string)
            let expected: JSONValue = [
                "uuid": .string(id), "relocated_call": "1.2", "initiator_call": "1.1",
                "recipient_call": .string(bench.recipient(id).rawValue), "completions": ["answer"],
                "initiator": .string(RelocateBench.alice.rawValue), "timeout": 30,
            ]
            #expect(reply.body == expected)
            let list = try await bench.request(.get, path)
            #expect(list.body == ["items": [expected]])
            let one = try await bench.request(.get, "\(path)/\(id)").body
            #expect(one == expected)
            await bench.answer(id)
            #expect(bench.events == ["initiated", "answered"])
            #expect(bench.phase(id) == "waiting for relocated")
            #expect(
                bench.manager.lines == ["Redirect Channel=1.2 Context=convert_to_stasis Exten=relocate Priority=1"]
            )
            await bench.arrive(id)
            #expect(
                Array(bench.commands.dropFirst(before)) == [
                    "originate PJSIP/alice", "setAny WAZO_RELOCATE_UUID=\(id) 1.2",
                    "createBridge \(id) mixing relocate:\(id)", "add \(bench.recipient(id)) \(id)", "add 1.2 \(id)",
                    "hangUp 1.1",
                ]
            )
            #expect(bench.events == ["initiated", "answered", "completed", "ended"])
            #expect(bench.store.rows.isEmpty)
            let gone = try await bench.request(.get, "\(path)/\(id)")
            #expect(gone.status == 404)
            #expect(gone.body["error_id"] == "no-such-relocate")
            #expect(gone.body["details"] == ["relocate_id": .string(id)])
            #expect(await bench.hangUp(RelocateBench.relocated) == false, "nobody's business any more")
        }
    }

    @Test("events: names, headers, data and routing keys of the contract")
    func busEvents() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: true)
        try await bench.run {
            let reply = try await bench.request(.post, path, body: RelocateBench.toLine)
            await bench.answer(try #require(reply.body["uuid"]?.string))
            let user = RelocateBench.alice.rawValue
            #expect(
                bench.store.messages.map(\.routingKey) == [
                    "calls.relocate.created", "calls.relocate.edited", "calls.relocate.edited",
                    "calls.relocate.deleted",
                ]
            )
            for message in bench.store.messages {
                let name = try #require(message.headers["name"]?.string)
                #expect(message.headers["tenant_uuid"]?.string == RelocateBench.tenant.rawValue)
                #expect(message.headers["user_uuid:\(user)"] == true)
                #expect(message.headers["required_access"]?.string == "event.\(name)")
                #expect(message.headers["required_acl"]?.string == "events.relocates.\(user)")
                let body = try JSONValue(parsing: Data(message.body.utf8))
                #expect(body["data"] == reply.body)
            }
        }
    }

    @Test("a call in Stasis, completed by request: nobody is redirected")
    func stasis() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: true)
        try await bench.run {
            let id = try await bench.begin(completions: ["api"])
            let early = try await bench.request(.put, "\(path)/\(id)/complete")
            #expect(early.status == 400)
            #expect(early.body["error_id"] == "relocate-completion-error")
            #expect(early.body["details"] == ["message": "Requested completion is too early"])
            await bench.answer(id)
            #expect(bench.phase(id) == "answered")
            #expect(bench.asterisk.members(of: RelocateBench.oldBridge).count == 2, "they talk on")
            let done = try await bench.request(.put, "\(path)/\(id)/complete")
            #expect(done.status == 204)
            #expect(bench.manager.lines.isEmpty)
            #expect(bench.commands.last == "hangUp 1.1")
            #expect(bench.events == ["initiated", "answered", "completed", "ended"])
            #expect(
                bench.store.history.contains { $0.cause == "completion requested" && $0.user == RelocateBench.alice }
            )
        }
    }

    @Test("cancelled: the new device is hung up, the others talk on; too late once sides are changed")
    func cancelled() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let first = try await bench.begin()
            let reply = try await bench.request(.put, "\(path)/\(first)/cancel")
            #expect(reply.status == 204)
            #expect(bench.commands.last == "hangUp \(bench.recipient(first))")
            #expect(bench.events == ["initiated", "ended"])
            #expect(bench.asterisk.members(of: RelocateBench.oldBridge).count == 2)
            let again = try await bench.request(.put, "\(path)/\(first)/cancel")
            #expect(again.status == 404)
            let second = try await bench.begin()
            await bench.answer(second)
            let late = try await bench.request(.put, "\(path)/\(second)/cancel")
            #expect(late.status == 400)
            #expect(late.body["error_id"] == "relocate-cancellation-error")
            #expect(late.body["details"] == ["message": "Requested cancellation is too late"])
            let complete = try await bench.request(.put, "\(path)/\(second)/complete")
            #expect(complete.status == 204, "it is being done")
        }
    }

    @Test(
        "a party hangs up while it rings, or before the user decides: the new device is hung up, one end",
        arguments: [RelocateBench.initiator, RelocateBench.relocated, nil],
        [false, true]
    )
    func hangUps(_ channel: ChannelID?, _ isAnswered: Bool) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            let id = try await bench.begin(completions: ["api"])
            if isAnswered { await bench.answer(id) }
            await bench.hangUp(channel ?? bench.recipient(id))
            #expect(bench.commands.contains("hangUp \(bench.recipient(id))") == (channel != nil))
            #expect(bench.events == (isAnswered ? ["initiated", "answered", "ended"] : ["initiated", "ended"]))
            #expect(bench.relocates.aggregates.machines.isEmpty)
        }
    }

    @Test("while the other party changes sides: the old device may go, each of the two takes the other along")
    func hangUpsWhileMoving() async throws {
        for channel in [RelocateBench.initiator, RelocateBench.relocated, nil] {
            let bench = RelocateBench()
            try await bench.call(inStasis: false)
            try await bench.run {
                let id = try await bench.begin()
                await bench.answer(id)
                await bench.hangUp(channel ?? bench.recipient(id))
                switch channel {
                case RelocateBench.initiator: #expect(bench.phase(id) == "waiting for relocated")
                case nil: #expect(bench.commands.last == "hangUp 1.2")
                default: #expect(bench.commands.last == "hangUp \(bench.recipient(id))")
                }
                if channel == RelocateBench.initiator { await bench.arrive(id) }
                #expect(bench.events.last == "ended")
                #expect(bench.store.rows.isEmpty)
            }
        }
    }

    @Test(
        "where the call goes, and what the new channel knows",
        arguments: [
            (["line_id": 1], "PJSIP/alice"), (["line_id": 2], "sccp/desk"), (["line_id": 3], "dahdi/1"),
            (["line_id": 1, "contact": "pjsip/Alice/sip:WEB@10.0.0.2:5060"], "PJSIP/alice/sip:web@10.0.0.2:5060"),
            (["line_id": 2, "contact": "ignored"], "sccp/desk"),
            (["line_id": 1, "contact": "web"], "PJSIP/alice/sip:web@10.0.0.2:5060"),
        ] as [(JSONValue, String)]
    )
    func destinations(_ location: JSONValue, _ endpoint: String) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        bench.asterisk.put(
            Channel(id: RelocateBench.initiator, name: "PJSIP/1.1"),
            variables: [
                "WAZO_USERUUID": RelocateBench.alice.rawValue,
                "PJSIP_DIAL_CONTACTS(alice)":
                    "PJSIP/alice/sip:website@10.0.0.1:5060&PJSIP/alice/sip:web@10.0.0.2:5060",
            ]
        )
        try await bench.run {
            let id = try await bench.begin(["initiator_call": "1.1", "destination": "line", "location": location])
            #expect(bench.commands.last == "originate \(endpoint)")
            let recipient = bench.recipient(id)
            #expect(try await bench.asterisk.variable("WAZO_USERUUID", of: recipient) == RelocateBench.alice.rawValue)
            // The initiator has no tenant here: the token's counts.
            let tenant = try await bench.asterisk.variable("WAZO_TENANT_UUID", of: recipient)
            #expect(tenant == RelocateBench.tenant.rawValue)
            #expect(bench.store.messages.first?.headers["tenant_uuid"]?.string == tenant)
        }
    }

    @Test(
        "only a contact that Asterisk lists for the line is dialled",
        arguments: [
            "PJSIP/carol/sip:0900123456@127.0.0.1:7999", "PJSIP/alice/sip:0900123456@127.0.0.1:7999",
            "PJSIP/trunk/sip:0900@gateway", "PJSIP/alice/sip:web@10.0.0.2:5060&PJSIP/trunk/sip:0900@gateway",
            "web@10.0.0.9", "we", "Local/0900@to-extern", "web\r\nX-Evil: yes",
        ]
    )
    func inventedContacts(_ contact: String) async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        bench.asterisk.put(
            Channel(id: RelocateBench.initiator, name: "PJSIP/1.1"),
            variables: [
                "WAZO_USERUUID": RelocateBench.alice.rawValue,
                "PJSIP_DIAL_CONTACTS(alice)": "PJSIP/alice/sip:web@10.0.0.2:5060",
            ]
        )
        try await bench.run {
            let location: JSONValue = ["line_id": 1, "contact": .string(contact)]
            let body: JSONValue = ["initiator_call": "1.1", "destination": "line", "location": location]
            let reply = try await bench.request(.post, "/users/me/relocates", body: body)
            #expect(reply.status == 400 && reply.body["error_id"] == "relocate-creation-error", "\(reply.body)")
            #expect(!bench.commands.contains { $0.hasPrefix("originate") })
        }
    }

    @Test("to the mobile, with auto-answer asked for: the extension is checked, the leg counts as the user's")
    func mobile() async throws {
        let bench = RelocateBench()
        try await bench.call(inStasis: false)
        try await bench.run {
            var body = RelocateBench.toMobile.object ?? [:]
            body["auto_answer"] = true
            let id = try await bench.begin(.object(body))
            #expect(bench.commands.last == "originate Local/0612@internal")
            #expect(bench.manager.lines == ["ShowDialplan Context=internal Extension=0612"])
            let recipient = bench.recipient(id)
            let user = try await bench.asterisk.variable("WAZO_DEREFERENCED_USERUUID", of: recipient)
            #expect(user == RelocateBench.alice.rawValue)
            // A header of an INVITE, which a Local channel has not.
            #expect(try await bench.asterisk.variable("PJSIP_HEADER(add,Answer-Mode)", of: recipient) == nil)
            body = RelocateBench.toLine.object ?? [:]
            body["auto_answer"] = true
            await bench.hangUp(recipient)
            let phone = bench.recipient(try await bench.begin(.object(body)))
            #expect(try await bench.asterisk.variable("PJSIP_HEADER(add,Answer-Mode)", of: phone) == "Auto")
        }
    }
}
