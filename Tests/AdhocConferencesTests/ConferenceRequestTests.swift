import Core
import Events
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conferences: requests", .timeLimit(.minutes(1)))
struct ConferenceRequestTests {
    private static func text(_ answer: (status: Int, body: JSONValue)) -> String {
        "\(answer.status) \(answer.body["error_id"]?.string ?? "")"
    }

    @Test(
        "bodies that are refused",
        arguments: [
            (#"{"participant_call_ids": []}"#, "host_call_id"), (#"{"host_call_id": "H"}"#, "participant_call_ids"),
            (#"{"host_call_id": "", "participant_call_ids": []}"#, "host_call_id"),
            (#"{"host_call_id": null, "participant_call_ids": []}"#, "host_call_id"),
            (#"{"host_call_id": "H", "participant_call_ids": null}"#, "participant_call_ids"),
            (#"{"host_call_id": "H", "participant_call_ids": "Q"}"#, "participant_call_ids"),
            (#"{"host_call_id": "H", "participant_call_ids": [""]}"#, "participant_call_ids"),
            (#"{"host_call_id": "H", "participant_call_ids": [null]}"#, "participant_call_ids"),
            (#"{"host_call_id": "H", "participant_call_ids": [], "name": "x"}"#, "name"),
        ]
    )
    func bodies(text: String, field: String) async throws {
        let bench = try await ConferenceBench()
        let body = try JSONValue(parsing: Data(text.utf8))
        let answer = try await bench.request(.post, ConferenceBench.path, body: body)
        #expect(Self.text(answer) == "400 invalid-data")
        #expect(answer.body["details"]?.object?.keys.sorted() == [field])
    }

    @Test("a token without a user is refused before the body is read; one without the access is 401")
    func tokens() async throws {
        let bench = try await ConferenceBench()
        let answer = try await bench.request(.post, ConferenceBench.path, token: "nobody", body: [])
        #expect(Self.text(answer) == "400 token-with-user-uuid-required")
        let outcome1 = try await bench.request(.post, ConferenceBench.path, token: "powerless", body: []).status
        #expect(outcome1 == 401)
        let outcome2 = try await bench.request(.delete, "\(ConferenceBench.path)/x", token: "nobody").status
        #expect(outcome2 == 400)
    }

    @Test("the checks of a creation, in their order")
    func creation() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        bench.put("lonely", user: "host")
        try await bench.run {
            let cases: [(host: String, others: [String], outcome: String)] = [
                ("none", ["none"], "400 host-call-not-found"), ("P", [], "400 host-call-not-found"),
                ("lonely", ["none"], "400 host-call-creation-error"),
                ("H", ["none"], "400 participant-call-not-found"), ("H", ["D"], "400 participant-call-not-found"),
                ("H", ["lonely"], "400 participant-call-not-found"),
            ]
            for (host, others, outcome) in cases {
                let outcome3 = Self.text(try await bench.merge(others, host: host))
                #expect(outcome3 == outcome, "\(host) \(others)")
            }
            let lonely = try await bench.merge([], host: "lonely")
            #expect(lonely.body["message"] == "could not determine peer of call lonely: call has no peers")
            bench.put("third", user: "third")
            try await bench.asterisk.add([ChannelID("third")], to: BridgeID("b1"), as: BridgeEntry())
            let outcome4 = Self.text(try await bench.merge())
            #expect(outcome4 == "409 host-already-in-conference")
            #expect(bench.store.messages.isEmpty && bench.store.rows.isEmpty)
        }
    }

    @Test("a call of another tenant is no participant")
    func foreignTenant() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        bench.put("Q", user: "other", tenant: TenantID("another"))
        try await bench.run {
            let outcome5 = Self.text(try await bench.merge())
            #expect(outcome5 == "400 participant-call-not-found")
        }
    }

    @Test("the same calls merged twice at once: one conference, the other is told so")
    func twice() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            async let first = bench.merge()
            async let second = bench.merge()
            let statuses = try await [first.status, second.status].sorted()
            #expect(statuses == [201, 409])
            #expect(bench.store.rows.count == 1)
        }
    }

    @Test("adding: the checks in their order, then a call more")
    func adding() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merge([]).body["conference_id"]?.string ?? ""
            try await bench.arrive("H", "P", for: id)
            let participants = "\(ConferenceBench.path)/\(id)/participants"
            func put(_ path: String, token: String = "host") async throws -> String {
                Self.text(try await bench.request(.put, path, token: token))
            }
            let outcome6 = try await put("\(ConferenceBench.path)/none/participants/Q")
            #expect(outcome6 == "404 adhoc-conference-not-found")
            let outcome7 = try await put("\(participants)/none", token: "other")
            #expect(outcome7 == "400 participant-call-not-found")
            let outcome8 = try await put("\(participants)/Q", token: "other")
            #expect(outcome8 == "404 adhoc-conference-not-found")
            let outcome9 = try await put("\(participants)/P")
            #expect(outcome9 == "409 participant-already-in-conference")
            let outcome10 = try await put("\(participants)/D")
            #expect(outcome10 == "400 participant-call-not-found")
            let outcome11 = try await put("\(participants)/Q")
            #expect(outcome11 == "204 ")
            let outcome12 = try await put("\(participants)/Q")
            #expect(outcome12 == "409 participant-already-in-conference")
            try await bench.arrive("Q", for: id)
            #expect(bench.members(of: id) == ["H", "P", "Q"])
        }
    }

    @Test("a call that hangs up while it is added is told as not found")
    func addingGone() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merge([]).body["conference_id"]?.string ?? ""
            try await bench.arrive("H", "P", for: id)
            bench.asterisk.fail("set WAZO_TEST_STASIS= Q", with: .notFound("Channel not found"))
            let answer = try await bench.request(.put, "\(ConferenceBench.path)/\(id)/participants/Q")
            #expect(Self.text(answer) == "400 participant-call-not-found")
            #expect(bench.phase(id) == "running")
        }
    }

    @Test("removing hangs up; the host's own call ends the conference")
    func removing() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            let participants = "\(ConferenceBench.path)/\(id)/participants"
            func remove(_ call: String, token: String = "host") async throws -> String {
                Self.text(try await bench.request(.delete, "\(participants)/\(call)", token: token))
            }
            let outcome13 = try await remove("none")
            #expect(outcome13 == "400 participant-call-not-found")
            let outcome14 = try await remove("Q", token: "other")
            #expect(outcome14 == "404 adhoc-conference-not-found")
            let outcome15 = try await remove("Q")
            #expect(outcome15 == "204 ")
            #expect(bench.asterisk.requests.last == "hangUp Q")
            await bench.ends("Q", of: id)
            let outcome16 = try await remove("H")
            #expect(outcome16 == "204 ")
            await bench.ends("H", of: id)
            await bench.ends("P", of: id)
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("deleting hangs everybody up; a second time it is not there, nor for others")
    func deleting() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            let path = "\(ConferenceBench.path)/\(id)"
            #expect(
                Self.text(try await bench.request(.delete, path, token: "other")) == "404 adhoc-conference-not-found"
            )
            let outcome17 = try await bench.request(.delete, path).status
            #expect(outcome17 == 204)
            let outcome18 = Self.text(try await bench.request(.delete, path))
            #expect(outcome18 == "404 adhoc-conference-not-found")
            for call in ["H", "P", "Q"] { await bench.ends(call, of: id) }
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.last == "deleted>host")
        }
    }

    @Test("ours: the user's conferences are listed with their calls")
    func reading() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            let list = try await bench.request(.get, ConferenceBench.path)
            #expect(list.body["items"]?.array?.map { $0["conference_id"] } == [.string(id)])
            let participants = list.body["items"]?.array?.first?["participants"]?.array ?? []
            #expect(participants.map { $0["call_id"] } == ["H", "P", "Q"])
            #expect(participants.allSatisfy { $0["status"] == "inside" })
            let others = try await bench.request(.get, ConferenceBench.path, token: "other")
            #expect(others.body["items"] == [])
        }
    }
}
